"""Models and files for `llm embed-multi`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedding_models import Broken, Keyed, Lengths
from tests.registry.stand_ins import embedding_plugin, only_these_plugins


@pytest.fixture(autouse=True)
def model() -> Iterator[Lengths]:
    one = Lengths()
    with only_these_plugins() as register:
        text_only = Lengths("text-only", supports_binary=False)
        broken = Broken("broken", batch_size=2)
        register(embedding_plugin("p", (one, ["len"]), (Keyed("keyed"),), (broken,), (text_only,)))
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three files, one of them not UTF-8 and one in a folder below."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.txt").write_bytes("fünf\r\nab".encode())
    (tmp_path / "a.txt").write_bytes("fünf".encode("latin-1"))
    (tmp_path / "sub" / "c.md").write_text("deep")
    return tmp_path
