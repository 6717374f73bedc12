"""`llm -t`: what templates make of a prompt, beside what was typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.spies import all_asked, ask, asked, given, run

Write = Callable[[str, str], None]

pytestmark = pytest.mark.usefixtures("spies")


@pytest.fixture
def write(user_path: Path) -> Write:
    """A function that stores a template."""

    def store(name: str, text: str) -> None:
        folder = user_path / "templates"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    store("sum", "prompt: 'Sum: $input'")
    store("boo", "boo")
    return store


@pytest.mark.parametrize(
    ("words", "piped", "prompt"),
    [
        (("-t", "sum", "arg"), None, "Sum: arg"),
        (("-t", "sum", "arg"), "in\n", "Sum: in\n arg"),
        (("-t", "sum"), "in\n", "Sum: in\n"),
        (("-t", "sum"), None, "Sum: "),
        (("-t", "boo"), None, "boo"),
        (("-t", "boo", "arg"), None, "boo\narg"),
        (("-t", "boo"), "in\n", "in\n boo"),
        (("-t", "boo", "arg"), "in\n", "in\n boo\narg"),
        (("-t", "sum", "-t", "boo", "arg"), None, "boo\nSum: arg"),
        (("-t", "boo", "-t", "sum", "arg"), None, "Sum: boo\narg"),
    ],
)
def test_prompt_text(write: Write, words: tuple[str, ...], piped: str | None, prompt: str) -> None:
    """`$input` takes what is piped in and typed; a template without it comes before what is typed, after the pipe.

    Several templates are applied from left to right; without any input `$input` is empty.
    """
    ask(*words, piped=piped)
    assert asked().prompt == prompt


def test_what_wins(write: Write) -> None:
    """-s, -o and -m beat a template's; the first template that has a system text or an option decides it."""
    write("one", "{system: first, options: {n: 1}, model: nope}")
    write("two", "{system: second, options: {n: 2, stream: x}}")
    ask("-t", "one", "-t", "two", "hi")
    assert (asked().system, asked().options.n, asked().options.stream) == ("first", 1, "x")
    ask("-t", "one", "-s", "mine", "-o", "n", "3", "hi")
    assert (asked().system, asked().options.n) == ("mine", 3)


def test_model_of_a_template(write: Write) -> None:
    """A template's model is used where none is named, the first template's before others."""
    write("one", "{model: s, prompt: hi}")
    write("two", "{model: nope}")
    assert run("-t", "one", "-t", "two", "--key", "k").exit_code == 0
    assert run("-t", "two", "x").stderr == "Error: 'Unknown model: nope'\n"


def test_schema(write: Write) -> None:
    """Of several templates the last schema counts, but --schema beats them."""
    write("one", "schema_object: {type: object, title: one}")
    write("two", "schema_object: {type: object, title: two}")
    ask("-t", "one", "-t", "two", "hi")
    assert asked().schema["title"] == "two"
    ask("-t", "one", "--schema", '{"title": "mine"}', "hi")
    assert asked().schema == {"title": "mine"}


def test_lists_come_before_those_typed(write: Write, tmp_path: Path) -> None:
    """Fragments, tools, functions and attachments of templates come before those of the command line."""
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    code = "def of_template():\n  return 1"
    write(
        "all",
        f"fragments: [{tmp_path}/a]\nsystem_fragments: [{tmp_path}/a]\ntools: [shout]\nfunctions: {code!r}\n"
        f"attachment_types: [{{type: text/plain, value: {tmp_path}/a}}]\n".replace("'def", '"def').replace("1'", '1"'),
    )
    ask("-t", "all", "-f", f"{tmp_path}/b", "--sf", f"{tmp_path}/b", "-T", "fail", "--functions",
        "def typed():\n  return 2", "--at", f"{tmp_path}/b", "text/plain", "hi")  # fmt: skip
    prompt = asked()
    assert prompt.prompt == "a\nb\nhi"
    assert prompt.system == "a\n\nb"
    assert [tool.name for tool in prompt.tools] == ["of_template", "typed", "shout", "fail"]
    assert [Path(found.path).name for found in prompt.attachments] == ["a", "b"]


def test_extraction(write: Write) -> None:
    """A template can ask for a code block of the answer; then the answer is not streamed."""
    write("code", '{extract_last: true, prompt: "x\\n```\\none\\n```\\n```\\ntwo $input\\n```"}')
    assert ask("-t", "code", "x").stdout == "two x\n\n"
    assert given()[0] is False


def test_params(write: Write) -> None:
    """-p gives variables, the last per name counts; `defaults` stand in, each template's own for itself alone."""
    write("greet", "{prompt: 'Hi $who $input', defaults: {who: you}}")
    write("bare", "Bye $who")
    ask("-t", "greet", "-p", "who", "A", "-p", "who", "B", "x")
    assert asked().prompt == "Hi B x"
    result = run("-m", "spy", "-t", "greet", "-t", "bare", "x")
    assert (result.exit_code, result.stderr) == (1, "Error: Missing variables: who\n")


def test_stray_dollar(write: Write) -> None:
    """A `$` that begins no variable is an error that names the template and the place."""
    write("cash", "$5 only")
    result = run("-m", "spy", "-t", "cash", "x")
    assert result.exit_code == 1
    assert "'cash'" in result.stderr
    assert "col 1" in result.stderr


def test_trust(write: Write) -> None:
    """Functions of templates from plugins do not run; the template is used otherwise."""
    ask("-t", "remote:x", "hi")
    assert (asked().prompt, asked().tools) == ("far: hi", [])


def test_unknown(write: Write) -> None:
    """An unknown template, and a missing file that a template attaches, are one line each."""
    assert run("-t", "nope", "x").stderr == "Error: Invalid template: nope\n"
    write("files", "attachments: [/nowhere.png]")
    result = run("-m", "spy", "-t", "files", "x")
    assert (result.exit_code, result.stderr) == (1, "Error: File /nowhere.png does not exist\n")


def test_claimed_input(write: Write) -> None:
    """Where a template has the fragment `-`, standard input is that fragment and no part of `$input`."""
    write("piped", "{fragments: ['-'], prompt: 'Q: $input'}")
    ask("-t", "piped", "arg", piped="text")
    assert asked().prompt == "text\nQ: arg"


def test_attachments_of_all_kinds(write: Write, tmp_path: Path) -> None:
    """First a template's `attachments`, then -a, its `attachment_types`, --at, and last what fragments attach."""
    for name in "abcd":
        (tmp_path / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)
    write(
        "all",
        f"attachments: [{tmp_path}/a.png]\nattachment_types: [{{type: image/png, value: {tmp_path}/c.png}}]\n",
    )
    ask("-t", "all", "-f", "pic:x", "--at", f"{tmp_path}/d.png", "image/png", "-a", f"{tmp_path}/b.png", "hi")
    assert [Path(found.path).stem if found.path else "x" for found in asked().attachments] == [*"abcd", "x"]


def test_params_without_a_template() -> None:
    """-p without -t is ignored, and so are parameters that a template does not use."""
    ask("-p", "x", "1", "say $x")
    assert asked().prompt == "say $x"


def test_unused_params(write: Write) -> None:
    """Parameters that a template does not use are ignored; values of other types than text become text."""
    write("three", "{prompt: '$n $input', defaults: {n: 3}}")
    ask("-t", "three", "-p", "unused", "1", "mice")
    assert asked().prompt == "3 mice"


def test_options_that_are_none(write: Write) -> None:
    """An option of a template without a value is no option."""
    write("none", "options: {n: null, stream: x}")
    ask("-t", "none", "hi")
    (row,) = json.loads(run("logs", "--json").stdout)
    assert row["options_json"] == {"stream": "x"}


def test_empty_system_prompt(write: Write) -> None:
    """An empty -s leaves the system prompt to the template."""
    write("sys", "system: of the template")
    ask("-t", "sys", "-s", "", "hi")
    assert asked().system == "of the template"


def test_any_failure_stops(write: Write) -> None:
    """All templates are loaded before the first is applied: one that fails stops the prompt."""
    result = run("-m", "spy", "--key", "k", "-t", "sum", "-t", "gone", "hi")
    assert (result.exit_code, result.stderr) == (1, "Error: Invalid template: gone\n")
    assert not all_asked()
