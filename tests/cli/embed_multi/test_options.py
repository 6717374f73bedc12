"""The options of `llm embed-multi` that have nothing to do with where items come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.embed_multi.runs import embedded, query, run
from tests.embedding_models import Lengths


def test_prefix_and_prepend(user_path: Path) -> None:
    """`--prefix` goes in front of every id, `--prepend` in front of every text before anything is done with it."""
    found = embedded(user_path, "-", "--prefix", "p/", "--prepend", "doc: ", piped="id,a\n1,x\n")
    assert found == [("p/1", "doc: x")]


@pytest.mark.parametrize(("size", "batches"), [("4", [4, 4, 2]), ("0", [10]), ("99", [10])])
def test_batch_size(user_path: Path, model: Lengths, size: str, batches: list[int]) -> None:
    """`--batch-size` makes batches smaller than the model's; 0 is the default."""
    embedded(user_path, "-", "--batch-size", size, piped="id,a\n" + "".join(f"{n},t {n}\n" for n in range(10)))
    assert [len(batch) for batch in model.batches] == batches


def test_known_items(user_path: Path, model: Lengths) -> None:
    """What is stored unchanged is not embedded again; the collection keeps its model, and needs none to be named."""
    embedded(user_path, "-", piped="id,a\n1,x\n2,y\n")
    model.batches.clear()
    result = run("c", "-", piped="id,a\n1,x\n2,changed\n", model=None)
    assert (result.exit_code, model.seen) == (0, ["changed"])
    assert run("c", "-", piped="id,a\n1,x\n", model="ignored").exit_code == 0


def test_content_is_not_kept(user_path: Path) -> None:
    """Without `--store` only the vector is kept, and never metadata."""
    assert run("c", "-", piped="id,a\n1,x\n").exit_code == 0
    assert query(user_path, "SELECT content, content_blob, metadata FROM embeddings") == [(None, None, None)]


def test_key(user_path: Path) -> None:
    """`--key` gives the key."""
    assert run("c", "-", "--key", "k", piped="id,a\n1,x\n", model="keyed").exit_code == 0
    assert "llm keys set demo" in run("d", "-", piped="id,a\n1,x\n", model="keyed", DEMO_KEY="").stderr


def test_database(user_path: Path, tmp_path: Path) -> None:
    """`-d` names the database, else the environment does."""
    named, other = str(tmp_path / "x.db"), str(tmp_path / "y.db")
    assert run("c", "-", "-d", named, piped="id,a\n1,x\n", LLM_EMBEDDINGS_DB=other).exit_code == 0
    assert ((tmp_path / "x.db").exists(), (tmp_path / "y.db").exists()) == (True, False)
    assert run("c", "-", piped="id,a\n1,x\n", LLM_EMBEDDINGS_DB=other).exit_code == 0
    assert (tmp_path / "y.db").exists()
    assert not (user_path / "embeddings.db").exists()


@pytest.mark.parametrize("count", ["1", "4"])
def test_concurrency(user_path: Path, model: Lengths, count: str) -> None:
    """`--concurrency` gives the same table, whatever it is."""
    found = embedded(
        user_path, "-", "--concurrency", count, piped="id,a\n" + "".join(f"{n:02},t {n}\n" for n in range(45))
    )
    assert found == [(f"{n:02}", f"t {n}") for n in range(45)]
    assert sorted(len(batch) for batch in model.batches) == [5, 10, 10, 10, 10]
