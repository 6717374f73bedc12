"""Where prompts are logged, and whether they are."""

from __future__ import annotations

from pathlib import Path


def logs_db_path() -> Path:
    """Return the path of the log database, which need not exist."""
    import llm

    return llm.user_dir() / "logs.db"


def logs_on() -> bool:
    """Tell whether prompts are logged unless the command line says otherwise."""
    import llm

    return not (llm.user_dir() / "logs-off").exists()
