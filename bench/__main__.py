"""Run every benchmark."""

from __future__ import annotations

from bench import embeddings, logs, plugins, prompt, render, running, startup, stream

for benchmark in (startup, plugins, running, prompt, stream, render, embeddings, logs):
    print(f"\n## {benchmark.__name__}\n")
    benchmark.main()
