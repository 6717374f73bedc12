"""`llm embed-models`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llm.cli.commands.embed_models import embed_models
from tests.embedding_models import Lengths
from tests.registry.stand_ins import embedding_plugin, only_these_plugins


@pytest.fixture(autouse=True)
def _models() -> Iterator[None]:
    with only_these_plugins() as register:
        register(embedding_plugin("p", (Lengths("one"), ["first", "1"]), (Lengths("two"),)))
        yield


def run(*arguments: str) -> Result:
    return CliRunner().invoke(embed_models, arguments)


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        ("", "Lengths: one (aliases: first, 1)\nLengths: two\n"),
        ("list", "Lengths: one (aliases: first, 1)\nLengths: two\n"),
        ("list -q TWO", "Lengths: two\n"),
        ("-q lengths --query fir", "Lengths: one (aliases: first, 1)\n"),
        ("-q zork", ""),
    ],
)
def test_list(arguments: str, output: str) -> None:
    """One line a model, with its aliases if there are any; all queries have to match."""
    result = run(*arguments.split())
    assert (result.output, result.exit_code) == (output, 0)


def test_default(user_path: Path) -> None:
    """The default is set by id or alias, stored as the real id, shown, and removed; removing twice is no error."""
    result = run("default")
    assert (result.stdout, result.stderr, result.exit_code) == ("", "<No default embedding model set>\n", 0)
    assert run("default", "first").output == ""
    assert (user_path / "default_embedding_model.txt").read_text() == "one"
    assert run("default").output == "one\n"
    for _ in range(2):
        result = run("default", "--remove-default")
        assert (result.output, result.exit_code) == ("", 0)
    assert not (user_path / "default_embedding_model.txt").exists()


def test_unknown_default(user_path: Path) -> None:
    """An unknown model is named and not stored."""
    result = run("default", "zork")
    assert (result.exit_code, result.stderr) == (1, "Error: Unknown embedding model: zork\n")
    assert not (user_path / "default_embedding_model.txt").exists()
