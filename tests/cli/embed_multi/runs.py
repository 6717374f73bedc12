"""Running `llm embed-multi` and looking at what it stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlite_utils
from click.testing import CliRunner, Result

from llm.cli.commands.embed_multi import embed_multi


def run(*arguments: str, piped: str | bytes | None = None, model: str | None = "len", **environment: str) -> Result:
    chosen = ["-m", model] if model else []
    return CliRunner().invoke(embed_multi, [*arguments, *chosen], input=piped, env=environment)


def query(user_path: Path, sql: str) -> list[tuple[Any, ...]]:
    db = sqlite_utils.Database(user_path / "embeddings.db")
    found: list[tuple[Any, ...]] = db.execute(sql).fetchall()
    db.close()
    return found


def stored(user_path: Path) -> list[tuple[Any, ...]]:
    return query(user_path, "SELECT id, coalesce(content, content_blob) FROM embeddings ORDER BY id")


def embedded(user_path: Path, *arguments: str, piped: str | bytes | None = None) -> list[tuple[Any, ...]]:
    result = run("c", *arguments, "--store", piped=piped)
    assert (result.output, result.exit_code) == ("Embedding\n", 0)
    return stored(user_path)
