"""Run every benchmark, or the named ones, and keep what they found in docs/benchmarks.md.

python -m bench [NAME ...]
"""

from __future__ import annotations

import sys

from bench import embeddings, logs, plugins, prompt, render, report, running, startup, stream

BENCHMARKS = (startup, plugins, running, prompt, stream, render, logs, embeddings)


def main(names: list[str]) -> None:
    """Run benchmarks; each one's section is written when it is complete."""
    known = {benchmark.__name__.removeprefix("bench."): benchmark for benchmark in BENCHMARKS}
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"Error: no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    for name in names or known:
        report.keep(report.section(known[name]), [report.title(benchmark) for benchmark in BENCHMARKS])


if __name__ == "__main__":
    main(sys.argv[1:])
