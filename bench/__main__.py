"""Run every benchmark."""

from __future__ import annotations

from bench import embeddings, render, startup, stream

for benchmark in (startup, stream, render, embeddings):
    print(f"\n## {benchmark.__name__}\n")
    benchmark.main()
