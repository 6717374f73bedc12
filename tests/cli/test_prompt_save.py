"""`llm --save`: a command line as a template."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.spies import all_asked, ask, asked, run

pytestmark = pytest.mark.usefixtures("spies")


def saved(user_path: Path, name: str = "t") -> dict[str, object]:
    """What is in a stored template."""
    found: dict[str, object] = yaml.safe_load((user_path / "templates" / f"{name}.yaml").read_text("utf-8"))
    return found


def test_everything(user_path: Path, tmp_path: Path) -> None:
    """All that was given is stored, in this order; nothing is run, printed or resolved."""
    (tmp_path / "f.py").write_text("def f(): pass")
    (tmp_path / "a.txt").write_text("a")
    result = run(
        "--save", "t", "-m", "s", "-s", "sys", "-p", "x", "1", "-x", "--xl", "--schema", "b, a int", "-f", "gone",
        "--sf", "also:gone", "--functions", str(tmp_path / "f.py"), "-T", "unchecked", "--at", f"{tmp_path}/a.txt",
        "text/plain", "-o", "n", "3", "say $x",
    )  # fmt: skip
    assert (result.exit_code, result.output) == (0, "")
    found = saved(user_path)
    assert list(found) == [
        "model", "prompt", "system", "defaults", "extract", "extract_last", "schema_object", "fragments",
        "system_fragments", "functions", "tools", "attachment_types", "options",
    ]  # fmt: skip
    assert found["model"] == "spy"
    assert found["options"] == {"n": 3}
    assert found["functions"] == "def f(): pass"
    assert list(found["schema_object"]["properties"]) == ["b", "a"]  # type: ignore[index]
    assert not all_asked()


def test_run_again(user_path: Path) -> None:
    """What was saved runs with -t."""
    run("--save", "t", "-m", "spy", "-s", "sys", "Say: $input")
    run("-t", "t", "--key", "k", "hello")
    assert (asked().prompt, asked().system) == ("Say: hello", "sys")


def test_piped_text(user_path: Path) -> None:
    """Piped text becomes part of the stored prompt."""
    run("--save", "t", "arg", piped="in")
    assert saved(user_path) == {"prompt": "in arg"}


def test_nothing_to_save(user_path: Path) -> None:
    """A template of nothing loads and changes nothing."""
    run("--save", "t")
    assert saved(user_path) == {}
    ask("-t", "t", "hi")
    assert asked().prompt == "hi"


def test_model_of_the_environment(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that only the environment names is not stored; one of -m or -q is."""
    monkeypatch.setenv("LLM_MODEL", "spy")
    run("--save", "t", "hi")
    assert saved(user_path) == {"prompt": "hi"}
    run("--save", "t", "-m", "spy", "hi")
    assert saved(user_path) == {"model": "spy", "prompt": "hi"}
    monkeypatch.delenv("LLM_MODEL")
    run("--save", "t", "-q", "spy", "hi")
    assert saved(user_path) == {"model": "spy", "prompt": "hi"}


def test_what_cannot_be_saved() -> None:
    """Templates, conversations, unknown models, bad options and names that lead elsewhere are errors of one line."""
    result = run("--save", "t", "-t", "x", "-c", "--cid", "y")
    assert result.stderr == "Error: --save cannot be used with --template, --continue, --cid\n"
    assert "Unknown model: nope" in run("--save", "t", "-m", "nope").stderr
    assert run("--save", "t", "-m", "spy", "-o", "n", "many").stderr.startswith("Error: n\n  Input should be")
    for name in ("../t", "a/b"):
        result = run("--save", name, "hi")
        assert (result.exit_code, name in result.stderr) == (1, True)


def test_attachments(user_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attachments are stored as absolute paths and URLs, with their type where it was given; standard input is not."""
    monkeypatch.chdir(tmp_path)
    Path("p.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)
    words = ("-a", "p.png", "--at", "p.png", "text/plain", "--at", "https://example.com/a", "image/png")
    assert run("--save", "t", *words, "--at", "-", "text/plain", "hi", piped="x").exit_code == 0
    path = str((tmp_path / "p.png").resolve())
    assert saved(user_path) == {
        "prompt": "hi",
        "attachments": [path],
        "attachment_types": [
            {"type": "text/plain", "value": path},
            {"type": "image/png", "value": "https://example.com/a"},
        ],
    }


def test_what_is_not_saved(user_path: Path) -> None:
    """Options about a run, or about what is shown, are not stored; a template of the name is replaced."""
    run("--save", "t", "-s", "earlier", "earlier")
    flags = ("-n", "--key", "k", "--td", "--ta", "--cl", "1", "-u", "--json", "-R", "--no-stream", "--async", "--log")
    assert run("--save", "t", *(flag for flag in flags if flag != "-n"), "hi").exit_code == 0
    assert saved(user_path) == {"prompt": "hi"}
    assert run("--save", "t", *(flag for flag in flags if flag != "--log"), "ho").exit_code == 0
    assert saved(user_path) == {"prompt": "ho"}


def test_options_of_the_default_model(user_path: Path) -> None:
    """Without -m options are those of the default model, which is not stored with them."""
    (user_path / "default_model.txt").write_text("spy")
    run("--save", "t", "-o", "n", "3")
    assert saved(user_path) == {"options": {"n": 3}}
