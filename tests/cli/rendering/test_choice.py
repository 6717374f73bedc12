"""When Markdown is shown and when text: only a terminal that can be drawn on, and only for who wants it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner

from llm.cli.rendering.choice import choose_display, render_options
from llm.cli.rendering.display import MarkdownDisplay
from llm.parts import StreamEvent
from tests.contracts.processes import modules_after
from tests.screens import Terminal


@pytest.mark.parametrize(
    ("render", "variable", "expected"),
    [
        (None, None, False), (None, "", False), (None, "1", True), (None, "yes", True), (None, "0", False),
        (True, None, True), (True, "0", True), (False, "1", False),
    ],
)  # fmt: skip
def test_option_and_environment(
    terminal: Callable[..., Terminal], monkeypatch: pytest.MonkeyPatch, render: bool | None, variable: str | None,
    expected: bool,
) -> None:  # fmt: skip
    """--render and --raw decide; without them LLM_RENDER does, and without that the text is shown as it is."""
    terminal()
    monkeypatch.delenv("LLM_RENDER", raising=False)
    if variable is not None:
        monkeypatch.setenv("LLM_RENDER", variable)
    assert isinstance(choose_display(render=render), MarkdownDisplay) is expected


def test_bad_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value of LLM_RENDER that is neither yes nor no is a usage error that names the variable."""
    monkeypatch.setenv("LLM_RENDER", "perhaps")
    with pytest.raises(click.BadParameter, match="perhaps") as caught:
        choose_display()
    assert caught.value.param_hint == "LLM_RENDER"


@pytest.mark.parametrize("name", ["dumb", "unknown"])
def test_terminals_without_a_cursor(
    terminal: Callable[..., Terminal], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A terminal that cannot move its cursor gets the text."""
    terminal()
    monkeypatch.setenv("TERM", name)
    assert not isinstance(choose_display(render=True), MarkdownDisplay)


def test_pipes_get_the_text(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Output that is no terminal is the text, byte for byte, whatever was asked for."""
    text = "# T\r\n**b** \x1b[31m"
    display = choose_display(render=True)
    display.show(StreamEvent("text", text))
    display.finish()
    assert capsys.readouterr().out == text
    assert not sys.stdout.isatty()


@pytest.mark.parametrize(("words", "value"), [([], None), (["--render"], True), (["--raw"], False)])
def test_options(words: list[str], value: bool | None) -> None:
    """The two options are one parameter, `render`, which is None when neither is given."""

    @click.command()
    @render_options
    def command(render: bool | None) -> None:
        click.echo(repr(render))

    assert CliRunner().invoke(command, words).stdout == f"{value!r}\n"


def test_rich_is_loaded_for_drawing_alone() -> None:
    """Choosing loads neither rich nor pygments when the text is shown as it is."""
    loaded = modules_after("from llm.cli.rendering.choice import choose_display; choose_display(render=True)")
    assert not {name.partition(".")[0] for name in loaded} & {"rich", "pygments", "markdown_it", "prompt_toolkit"}
