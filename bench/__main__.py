"""Run every benchmark."""

from __future__ import annotations

from bench import embeddings, plugins, render, startup, stream

for benchmark in (startup, plugins, stream, render, embeddings):
    print(f"\n## {benchmark.__name__}\n")
    benchmark.main()
