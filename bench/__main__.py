"""Run every benchmark."""

from __future__ import annotations

from bench import startup, stream

for benchmark in (startup, stream):
    print(f"\n## {benchmark.__name__}\n")
    benchmark.main()
