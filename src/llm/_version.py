"""The version as a literal: read by the build and by `llm --version` without package metadata."""

__version__ = "0.40.0"
