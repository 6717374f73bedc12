"""In which order `llm prompt` does things: which mistake is told first, and who gets standard input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm.features.standard_input import StandardInput
from tests.cli.spies import all_asked, ask, asked, run

pytestmark = pytest.mark.usefixtures("spies")

SPY = ("-m", "spy", "--key", "k")


@pytest.fixture(autouse=True)
def _templates(user_path: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    (user_path / "templates").mkdir()
    for name, text in {
        "input": "prompt: 'In: $input'",
        "spying": "model: spy",
        "system": "system: be brief",
        "fragment": "fragments: ['twice:x']",
        "both": "{fragments: ['twice:x'], prompt: 'In: $input'}",
        "attached": f"attachment_types: [{{type: text/plain, value: {tmp_path}/x}}]",
        "schema": "schema_object: {type: object}",
    }.items():
        (user_path / "templates" / f"{name}.yaml").write_text(text)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Standard input is a terminal, at which `typed` is typed; the list has an entry for each time it is waited for."""
    waits: list[str] = []

    def text(_: StandardInput) -> str:
        waits.append("typed")
        return "typed"

    monkeypatch.setattr(StandardInput, "is_terminal", lambda self: True)
    monkeypatch.setattr(StandardInput, "text", text)
    return waits


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("-a", "gone.png", "--log", "-n"), "gone.png"),
        (("--log", "-n", "-q", "zzz"), "--log and --no-log"),
        (("-q", "zzz", "--schema", "nope"), "zzz"),
        (("--schema", "nope", "--save", "x", "-t", "gone"), "Invalid schema"),
        (("--save", "x", "-t", "gone"), "--save cannot be used with --template"),
        (("-t", "gone", "--cid", "gone-too"), "Invalid template: gone"),
        (("-m", "nope", "-o", "n", "many"), "Unknown model: nope"),
        ((*SPY, "-o", "n", "many", "-f", "gone"), "n\n  Input should be a valid integer"),
        ((*SPY, "-f", "gone", "-T", "nope"), "Fragment 'gone' not found"),
        ((*SPY, "-T", "nope"), "nope"),
    ],
)
def test_first_mistake(words: tuple[str, ...], first: str) -> None:
    """Of several mistakes one is told, in this order, and no model is asked.

    Attachments, --log with -n, -q, schema, --save, templates, conversation, model, options, fragments, tools.
    """
    result = run(*words, "hi")
    assert result.exit_code in (1, 2)
    assert first in result.stderr
    assert not all_asked()


def test_mistakes_are_told_before_the_prompt_is_typed(terminal: list[str], user_path: Path) -> None:
    """Options that are no good, given or stored, are reported before anybody waits for a prompt."""
    assert run(*SPY, "-o", "n", "many").stderr.startswith("Error: n\n")
    (user_path / "model_options.json").write_text('{"spy": {"n": "many"}}')
    assert "model_options.json" in run(*SPY).stderr
    assert not terminal


@pytest.mark.parametrize("template", ["fragment", "attached", "schema"])
def test_templates_that_need_no_prompt(template: str, terminal: list[str]) -> None:
    """Fragments, attachments and a schema of a template count: nobody waits for a prompt then."""
    ask("-t", template)
    assert not terminal


@pytest.mark.parametrize(("template", "prompt"), [("system", "typed"), ("input", "In: typed")])
def test_templates_that_need_a_prompt(template: str, prompt: str, terminal: list[str]) -> None:
    """A template's system prompt does not spare anybody typing the prompt; `$input` is typed once."""
    ask("-t", template)
    assert (asked().prompt, terminal) == (prompt, ["typed"])


def test_saving_waits_for_nobody(terminal: list[str], user_path: Path) -> None:
    """--save does not wait for a prompt at the terminal, and asks no model."""
    assert run("--save", "t", "-s", "sys").exit_code == 0
    assert (user_path / "templates" / "t.yaml").read_text() == "system: sys\n"
    assert not terminal
    assert not all_asked()


def test_input_is_used_once(tmp_path: Path) -> None:
    """An attachment `-` gets standard input before `$input`, which is the argument then, and before the prompt."""
    ask("--at", "-", "text/plain", "-t", "input", "arg", piped="piped")
    assert asked().prompt == "In: arg"
    assert [found.content for found in asked().attachments] == [b"piped"]


def test_piped_text_alone() -> None:
    """Piped text without an argument is the prompt, unmodified; nothing piped leaves the argument as it is."""
    ask(piped=" piped\n")
    assert asked().prompt == " piped\n"
    ask(" arg ", piped="")
    assert asked().prompt == " arg "


def asked_conversation() -> str:
    """Return the id of the latest conversation."""
    found: str = json.loads(run("logs", "--json").stdout)[0]["conversation_id"]
    return found


@pytest.mark.parametrize("words", [("-t", "spying"), ("-c",), ("--cid", "{id}")])
def test_options_of_a_chosen_model(words: tuple[str, ...], user_path: Path) -> None:
    """--options with a template or a conversation shows the options of the model they choose, and runs nothing."""
    ask("hi")
    conversation = asked_conversation()
    (user_path / "default_model.txt").write_text("gpt-4o-mini")
    shown = run(*(word.format(id=conversation) for word in words), "--options")
    assert shown.stdout == run("models", "-m", "spy", "--options").stdout
    assert len(all_asked()) == 1


def test_options_of_an_unknown_template() -> None:
    """With --options, too, an unknown template is an error."""
    assert run("-t", "gone", "--options").stderr == "Error: Invalid template: gone\n"


def test_no_input_for_a_template(terminal: list[str]) -> None:
    """Where nobody is waited for, `$input` without any input is empty."""
    ask("-t", "both")
    assert (asked().prompt, terminal) == ("x\nx\nIn: ", [])
