from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result

import llm
from llm.cli.commands.keys import keys


def run(*arguments: str, **how: object) -> Result:
    return CliRunner().invoke(keys, arguments, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_names_are_listed(user_path: Path, arguments: tuple[str, ...]) -> None:
    """Names come sorted, one a line, without the note; values are not shown."""
    (user_path / "keys.json").write_text('{"// Note": "x", "b": "secret", "a": "secret"}')
    assert run(*arguments).output == "a\nb\n"


def test_no_file() -> None:
    """Without a file that is said, and is no error."""
    result = run("list")
    assert (result.output, result.exit_code) == ("No keys found\n", 0)


def test_path(user_path: Path) -> None:
    """The path is shown though there is no file."""
    assert run("path").output == f"{user_path / 'keys.json'}\n"
    assert not (user_path / "keys.json").exists()


def test_get(user_path: Path) -> None:
    """The value is printed to the letter."""
    (user_path / "keys.json").write_text('{"a": " s3cret "}')
    assert run("get", "a").stdout == " s3cret \n"


@pytest.mark.parametrize("content", [None, '{"a": "1"}'])
def test_get_unknown(user_path: Path, content: str | None) -> None:
    """An unknown name is an error that names it, with or without a file."""
    if content:
        (user_path / "keys.json").write_text(content)
    result = run("get", "nope")
    assert (result.stdout, result.exit_code) == ("", 1)
    assert result.stderr.startswith("Error: ")
    assert "'nope'" in result.stderr


def test_remove(user_path: Path) -> None:
    """A key is removed without a word; an unknown name, and the note, are errors that name it."""
    run("set", "a", "--value", "1")
    run("set", "b", "--value", "2")
    result = run("remove", "a")
    assert (result.output, result.exit_code) == ("", 0)
    assert run("list").output == "b\n"
    for name in ("a", "// Note"):
        result = run("remove", name)
        assert (result.stdout, result.exit_code) == ("", 1)
        assert f"'{name}'" in result.stderr
    assert list(json.loads((user_path / "keys.json").read_text())) == ["// Note", "b"]


def test_system_keyring(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --keyring a key goes to the system keyring without a word; it is listed and got like any other."""
    entries: dict[tuple[str, str], str] = {}
    package: Any = ModuleType("keyring")
    package.get_password = lambda service, name: entries.get((service, name))
    package.set_password = lambda service, name, value: entries.update({(service, name): value})
    monkeypatch.setitem(sys.modules, "keyring", package)
    result = run("set", "a", "--keyring", "--value", "s3cret")
    assert (result.output, result.exit_code) == ("", 0)
    assert list(entries.values()) == ["s3cret"]
    assert run("list").output == "a\n"
    assert run("get", "a").output == "s3cret\n"
    assert not (user_path / "keys.json").exists()


def test_system_keyring_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package `keyring` no key is asked for; the error tells how to install it."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    result = run("set", "a", "--keyring", input="s3cret\n")
    assert "llm install keyring" in f"{result.output}{result.exception}"
    assert result.exit_code == 1
    assert "Enter key" not in result.output


def test_get_looks_at_the_public_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that replaces `llm.load_keys` decides which keys there are."""
    monkeypatch.setattr(llm, "load_keys", lambda: {"a": "from elsewhere"})
    assert run("get", "a").stdout == "from elsewhere\n"


def test_set_with_value(user_path: Path) -> None:
    """A value on the command line is stored without a word; any name will do, and the old value goes."""
    for name, value in (("a", "1"), ("", "2"), ("// Note", "3"), ("a", "4")):
        result = run("set", name, "--value", value)
        assert (result.output, result.exit_code) == ("", 0)
    assert json.loads((user_path / "keys.json").read_text()) == {"// Note": "3", "a": "4", "": "2"}


def test_question_does_not_echo(user_path: Path) -> None:
    """Asked for, the key is not shown; an empty line asks again."""
    result = run("set", "a", input="\ns3cret\n")
    assert result.output == "Enter key: \nEnter key: \n"
    assert json.loads((user_path / "keys.json").read_text())["a"] == "s3cret"


def test_no_answer(user_path: Path) -> None:
    """The end of input aborts, and nothing is stored."""
    result = run("set", "a", input="")
    assert result.exit_code == 1
    assert "Aborted!" in result.output
    assert not (user_path / "keys.json").exists()


COMMAND = [sys.executable, "-m", "llm", "keys", "set", "a"]


@pytest.mark.parametrize("text", ["sk-1", "sk-1\n", "\r\n\nsk-1\r\nrest\n"])
def test_piped_key(user_path: Path, text: str) -> None:
    """A key from a pipe is its first line that is not empty, with or without a line end; nothing is printed."""
    done = subprocess.run(COMMAND, input=text.encode(), capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert json.loads((user_path / "keys.json").read_text())["a"] == "sk-1"


def test_empty_pipe(user_path: Path) -> None:
    """A pipe without a key aborts, and nothing is stored."""
    done = subprocess.run(COMMAND, input=b"\n", capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert b"Aborted!" in done.stderr
    assert not (user_path / "keys.json").exists()


def test_pipe_below_a_terminal(user_path: Path) -> None:
    """A pipe is read although there is a terminal on which the question could be asked."""
    parent, child = pty.openpty()
    # In a session of its own, the first terminal that a process opens becomes its controlling one.
    own_terminal = (
        f"import os, sys; os.setsid(); os.open({os.ttyname(child)!r}, 2); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", own_terminal, *COMMAND]
    try:
        done = subprocess.run(command, input=b"sk-1\n", capture_output=True, timeout=20, check=False)
    finally:
        os.close(parent)
        os.close(child)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert json.loads((user_path / "keys.json").read_text())["a"] == "sk-1"


@pytest.mark.parametrize("arguments", [("list",), ("get", "a"), ("set", "b", "--value", "x")])
def test_damaged_file(user_path: Path, arguments: tuple[str, ...]) -> None:
    """A damaged file is refused with its name, never replaced."""
    (user_path / "keys.json").write_text('{"a": "s3cret"')
    result = run(*arguments)
    assert result.exit_code == 1
    assert "keys.json" in f"{result.output}{result.exception}"
    assert "s3cret" not in f"{result.output}{result.exception}"
    assert (user_path / "keys.json").read_text() == '{"a": "s3cret"'


def test_extra_argument() -> None:
    """A word that is no subcommand goes to `list`, which takes none."""
    result = run("zzz")
    assert result.exit_code == 2
    assert "list" in result.stderr
    assert "zzz" in result.stderr
