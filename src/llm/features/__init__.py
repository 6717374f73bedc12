"""Use cases without a terminal: plain functions over plain values, for the CLI and whatever comes beside it."""
