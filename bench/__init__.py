"""Benchmarks beside the released LLM 0.36, in one run, as ratios: `make bench`."""
