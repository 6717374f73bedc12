"""The commands `llm local`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llm.cli import cli
from llm.core.errors import ModelError
from llm.providers.local import catalog, supply, weights
from llm.providers.local.catalog import EMBEDDED, LocalModel
from llm.providers.local.commands import local_group


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    file = tmp_path / "some.gguf"
    file.write_bytes(b"GGUF and more")
    return file


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["local", *words])


def pretend_downloaded() -> Path:
    path = weights.path_of(EMBEDDED)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"GGUF" + bytes(2044))
    return path


@pytest.mark.parametrize("words", [[], ["list"]])
def test_list(words: list[str], gguf: Path) -> None:
    """`llm local` and `llm local list` show each model with its aliases, its size or what is missing, and its file."""
    catalog.add("mine", gguf)
    catalog.add("gone", gguf)
    path = catalog.folder() / "models.json"
    content = json.loads(path.read_text())
    content["gone"]["path"] = "/no/such.gguf"
    path.write_text(json.dumps(content))
    result = run(*words)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["name", "aliases", "size", "file"],
        ["smollm2", "local", "not", "downloaded", str(weights.path_of(EMBEDDED))],
        ["mine", "13.00B", str(gguf)],
        ["gone", "missing", "/no/such.gguf"],
    ]


def test_list_when_downloaded() -> None:
    """The size of downloaded weights is shown."""
    pretend_downloaded()
    assert "2.00KB" in run("list").stdout


def test_add_and_remove(gguf: Path) -> None:
    """`add` makes a file a model and `remove` forgets it, leaving the file; both say so on standard error."""
    added = run("add", "mine", str(gguf), "--context", "2048")
    assert (added.exit_code, added.stdout) == (0, "")
    assert added.stderr == f"Added mine: {gguf}\n"
    assert catalog.find("mine").context == 2048
    removed = run("remove", "mine")
    assert (removed.exit_code, removed.stdout) == (0, "")
    assert str(gguf) in removed.stderr
    assert catalog.added_models() == []
    assert gguf.exists()


def test_home_folder_in_a_path(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `~` that the shell left in place is the home folder."""
    monkeypatch.setenv("HOME", str(gguf.parent))
    monkeypatch.setenv("USERPROFILE", str(gguf.parent))
    assert run("add", "mine", "~/some.gguf").exit_code == 0
    assert catalog.find("mine").file == gguf


@pytest.mark.parametrize("name", ["4o", "gpt-4o"])
def test_names_of_other_models(name: str, gguf: Path) -> None:
    """A name or alias of another model cannot be taken."""
    result = run("add", name, str(gguf))
    assert result.exit_code == 1
    assert result.stderr == f"Error: '{name}' already stands for another model; choose another name\n"


@pytest.mark.parametrize(("words", "context"), [((), 2048), (("--context", "512"), 512)])
def test_add_an_embedding_model(words: tuple[str, ...], context: int, gguf: Path) -> None:
    """With `--embedding` a file becomes an embedding model, whose context is smaller unless it is given."""
    assert run("add", "mine", str(gguf), "--embedding", *words).exit_code == 0
    model = catalog.find("mine")
    assert (model.embedding, model.context) == (True, context)
    assert run("add", "3-small", str(gguf), "--embedding").stderr.startswith("Error: '3-small' already stands for")
    assert run("remove", "mine").exit_code == 0
    assert catalog.added_models() == []


def test_name_of_an_added_model(gguf: Path) -> None:
    """A model that was added may be added again."""
    run("add", "mine", str(gguf))
    assert run("add", "mine", str(gguf)).exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", "smollm2", "{gguf}"], "embedded"),
        (["add", "-", "{gguf}"], "no name"),
        (["add", "mine", "/no/such.gguf"], "Cannot read"),
        (["remove", "nope"], "no local model"),
    ],
)
def test_mistakes(words: list[str], message: str, gguf: Path) -> None:
    """Mistakes are one line and exit code 1."""
    result = run(*(word.format(gguf=gguf) for word in words))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_remove_the_embedded_model() -> None:
    """Removing smollm2 deletes its weights; the model stays."""
    path = pretend_downloaded()
    result = run("remove", "smollm2")
    assert result.exit_code == 0
    assert not path.exists()
    assert catalog.known_models() == [EMBEDDED]
    assert "not been downloaded" in run("remove", "local").stderr


def test_pull(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pull` gets the weights and says where they are."""
    monkeypatch.setattr(supply, "ready", weights.path_of)
    result = run("pull")
    assert (result.exit_code, result.stdout) == (0, "")
    assert str(weights.path_of(EMBEDDED)) in result.stderr


def test_pull_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing download is one line and exit code 1."""

    def fail(model: LocalModel) -> Path:
        raise ModelError("no network")

    monkeypatch.setattr(supply, "ready", fail)
    result = run("pull")
    assert (result.exit_code, result.stderr) == (1, "Error: no network\n")


def test_path(user_path: Path) -> None:
    """`path` prints the folder."""
    assert run("path").stdout == f"{user_path / 'local'}\n"


def test_part_of_llm() -> None:
    """The group is a command of `llm`."""
    assert cli.commands["local"] is local_group
    assert "list" in CliRunner().invoke(cli, ["local", "--help"]).stdout
