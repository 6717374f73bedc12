from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import llm
from llm.cli.commands.templates import templates
from tests.cli.reporting import reporting
from tests.registry.stand_ins import only_these_plugins, plugin

reporting(templates)


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(templates, arguments, env=environment)


def store(user_path: Path, name: str, text: str) -> None:
    folder = user_path / "templates"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_list(user_path: Path, arguments: tuple[str, ...]) -> None:
    """One line a template, by name: system and prompt text, newlines as spaces; invalid files are left out."""
    store(user_path, "both", "prompt: |\n  a\n  b\nsystem: s")
    store(user_path, "sys", "system: only")
    store(user_path, "a", "prompt: é")
    store(user_path, "longest-name", "{}")
    store(user_path, "bad", "[")
    assert run(*arguments).output == (
        "a            : é\nboth         : system: s prompt: a b \nlongest-name : \nsys          : system: only\n"
    )


@pytest.mark.parametrize(("columns", "expected"), [("", 80), ("40", 40)])
def test_list_width(user_path: Path, columns: str, expected: int) -> None:
    """A line that is longer than the terminal is cut, at 80 columns without one."""
    store(user_path, "t", "x" * 200)
    line = run(COLUMNS=columns).output.rstrip("\n")
    assert len(line) == expected
    assert line.endswith("x...")


def test_empty_list() -> None:
    """No templates, no output."""
    assert run().output == ""


def test_show(user_path: Path) -> None:
    """The fields that are set, sorted, as block-style YAML, and a blank line."""
    store(user_path, "t", "schema_object:\n  z: 1\n  a: {y: 1, b: 2}\nfragments: [a]\nprompt: 'yes'\nextract: true")
    assert run("show", "t").output == (
        "extract: true\nfragments:\n- a\nname: t\nprompt: 'yes'\nschema_object:\n    a:\n        b: 2\n        y: 1\n"
        "    z: 1\n\n"
    )


@pytest.mark.parametrize("name", ["nope", "zz:x", "bad"])
def test_show_nothing(user_path: Path, name: str) -> None:
    """A template that cannot be loaded is an error that names it."""
    store(user_path, "bad", "a: [")
    result = run("show", name)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert name.partition(":")[0] in result.stderr
    assert result.stdout == ""


def editor(tmp_path: Path, text: str) -> str:
    script = tmp_path / "editor"
    script.write_text(f"#!/bin/sh\ncat > \"$1\" <<'END'\n{text}\nEND\n")
    script.chmod(0o755)
    return str(script)


def test_edit(user_path: Path, tmp_path: Path) -> None:
    """The editor gets the file, which is there afterwards as saved."""
    result = run("edit", "new", EDITOR=editor(tmp_path, "prompt: edited"), VISUAL="")
    assert (result.exit_code, result.output) == (0, "")
    assert (user_path / "templates" / "new.yaml").read_text() == "prompt: edited\n"


def test_which_editor(user_path: Path, tmp_path: Path) -> None:
    """VISUAL names the editor, else EDITOR; one that cannot be run is an error that names it."""
    assert run("edit", "new", VISUAL=editor(tmp_path, "prompt: visual"), EDITOR="false").exit_code == 0
    assert (user_path / "templates" / "new.yaml").read_text() == "prompt: visual\n"
    result = run("edit", "new", VISUAL="", EDITOR="no-such-editor")
    assert result.exit_code == 1
    assert "no-such-editor" in result.stderr


def test_edit_new(user_path: Path) -> None:
    """A new template begins as an empty prompt."""
    assert run("edit", "new", EDITOR="true", VISUAL="").exit_code == 0
    assert (user_path / "templates" / "new.yaml").read_text() == "prompt: "


def test_edit_badly(user_path: Path, tmp_path: Path) -> None:
    """A file that is no template after editing stays, and the reason is told."""
    result = run("edit", "new", EDITOR=editor(tmp_path, "bogus: 1"), VISUAL="")
    assert result.exit_code == 1
    assert "bogus\n  Extra inputs are not permitted" in result.stderr
    assert (user_path / "templates" / "new.yaml").read_text() == "bogus: 1\n"


def test_edit_elsewhere(user_path: Path) -> None:
    """A name that leads out of the folder is refused, and no editor opened."""
    result = run("edit", "../out", EDITOR="false", VISUAL="")
    assert result.exit_code == 1
    assert "../out" in result.stderr
    assert not (user_path / "out.yaml").exists()


def test_path(user_path: Path) -> None:
    """The folder is printed, and made."""
    assert run("path").output == f"{user_path / 'templates'}\n"
    assert (user_path / "templates").is_dir()


def _documented(argument: str) -> llm.Template:
    """Doc of it

    more
    """
    return llm.Template(name=argument, prompt="p")


def test_loaders() -> None:
    """Each prefix with its docstring or `Undocumented`, indented, one after the other; that there are none is said."""

    def register_template_loaders(register: Any) -> None:
        _documented.__doc__ = "\n    Doc of it\n\n      more\n    "
        register("doc", _documented)
        register("none", lambda x: llm.Template(name=x))

    with only_these_plugins() as register:
        assert run("loaders").output == "No template loaders found\n"
        register(plugin("p", register_template_loaders=register_template_loaders))
        assert run("loaders").output == "doc:\n  Doc of it\n\n    more\nnone:\n  Undocumented\n"
        assert run("show", "doc:x").output == "name: x\nprompt: p\n\n"
