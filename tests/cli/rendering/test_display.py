"""What a person sees of Markdown that streams."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm.cli.rendering.blocks import Block
from llm.cli.rendering.display import MarkdownDisplay
from llm.cli.rendering.markdown import BlockRenderer
from llm.parts import StreamEvent
from tests.screens import Terminal

MakeTerminal = Callable[..., Terminal]
#: what the display itself sends: colours, and going back to erase
SEQUENCES = re.compile(r"\x1b\[[0-9;]*m|\r(\x1b\[2K\x1b\[A)*\x1b\[2K")


def show(terminal: Terminal, text: str, size: int = 3) -> MarkdownDisplay:
    """Show a text that comes in chunks of `size` characters, to its end."""
    display = MarkdownDisplay(show_reasoning=True)
    for start in range(0, len(text), size):
        display.show(StreamEvent("text", text[start : start + size]))
    display.finish()
    return display


def test_text_appears_as_it_comes(terminal: MakeTerminal) -> None:
    """Each chunk is on the screen at once, as it came; the finished block takes its place."""
    screen = terminal()
    display = MarkdownDisplay(show_reasoning=True)
    display.show(StreamEvent("text", "Some **bo"))
    assert screen.lines() == ["Some **bo"]
    display.show(StreamEvent("text", "ld** text"))
    assert screen.lines() == ["Some **bold** text"]
    display.show(StreamEvent("text", "\n\nNext"))
    assert screen.lines() == ["Some bold text", "", "Next"]


ANSWER = """# Title
Text with **bold** and `code`.

1. one
1. two
   ```python
   def f(): return "中文 🎉"
   ```

> quoted

| Name | What |
|------|------|
| 漢字 | a cell with words that fold on a narrow screen because they do not fit into one line of it |

~~~
plain
"""


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_wide_screen(terminal: MakeTerminal, size: int) -> None:
    """At 200 columns nothing folds, and the size of the chunks does not matter."""
    screen = terminal(200)
    show(screen, ANSWER, size)
    assert screen.lines() == [
        "Title", "",
        "Text with bold and code.", "",
        " 1 one",
        " 2 two",
        '   def f(): return "中文 🎉"', "",
        "▌ quoted", "",
        "Name   What",
        "─" * 97,
        "漢字   a cell with words that fold on a narrow screen because they do not fit into one line of it", "",
        "plain",
    ]  # fmt: skip


def test_narrow_screen(terminal: MakeTerminal) -> None:
    """At 80 columns wide tables fold at words; wide characters count as two columns."""
    screen = terminal(80)
    show(screen, ANSWER)
    assert [line for line in screen.lines() if "cell" in line or line.endswith("of it")] == [
        "漢字   a cell with words that fold on a narrow screen because they do not fit",
        "       into one line of it",
    ]


def test_long_words_in_tables_fold(terminal: MakeTerminal) -> None:
    """A word longer than its column is folded, not cut off."""
    screen = terminal(40)
    show(screen, f"| a | b |\n|---|---|\n| {'x' * 50} | {'y' * 50} |\n")
    assert "".join(screen.lines()).count("x") == 50
    assert "".join(screen.lines()).count("y") == 50


@pytest.mark.parametrize("text", ["<div>\nkept\n</div>", "[ref]: http://kept.example", "![alt](kept.png)", "<kept>"])
def test_nothing_is_hidden(terminal: MakeTerminal, text: str) -> None:
    """HTML, definitions of links and addresses of images are shown."""
    screen = terminal()
    show(screen, text)
    assert "kept" in "\n".join(screen.lines())


def test_addresses_are_shown(terminal: MakeTerminal) -> None:
    """A link shows its text and where it leads, and sends no hidden link to the terminal."""
    screen = terminal()
    show(screen, "[safe.example](http://evil.example) <https://a.example>")
    assert screen.lines() == ["safe.example (http://evil.example) https://a.example"]
    assert "\x1b]8" not in "".join(screen.written)


HOSTILE = (
    "\x1b[2J\x1b]0;title\x07 \x9b31m &#13;back &#27;[31m \x08\x08 a\rb\r\n\n"
    "```\n\x1b[31m\x00\n```\n- \x1bc\n| \x1b | b |\n|-|-|\n"
)


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_control_sequences_are_made_visible(terminal: MakeTerminal, size: int) -> None:
    """What a model sends never reaches the terminal as a control sequence, raw or drawn, also not as an entity."""
    screen = terminal()
    show(screen, HOSTILE, size)
    left = SEQUENCES.sub("", "".join(screen.written))
    assert not set(left) & {chr(code) for code in [*range(9), *range(11, 32), *range(127, 160)]}
    assert r"\x1b[2J" in "\n".join(screen.lines())


def test_line_breaks_of_windows(terminal: MakeTerminal) -> None:
    """Lines that end with CR LF are lines, also when a chunk ends between the two."""
    screen = terminal()
    show(screen, "a\r\nb\r\n\r\nc", 2)
    assert screen.lines() == ["a", "b", "", "c"]


def test_long_code_is_cut_and_coloured(terminal: MakeTerminal) -> None:
    """Code that outgrows the screen is drawn in pieces; every line is there once, and coloured."""
    screen = terminal(80, 10)
    code = "".join(f"x{number} = None\n" for number in range(100))
    show(screen, f"```python\n{code}```\nafter\n")
    assert screen.lines() == [*code.splitlines(), "", "after"]
    colours = {row[5].fg for row in screen.screen.history.top if row[5].data.strip()}
    assert "default" not in colours


def test_long_table_is_cut(terminal: MakeTerminal) -> None:
    """A table that outgrows the screen is drawn in pieces, each with the head."""
    screen = terminal(80, 10)
    show(screen, "a | b\n-|-\n" + "".join(f"{number} | x\n" for number in range(40)))
    rows = [line.split()[0] for line in screen.lines() if line.endswith("x")]
    assert rows == [str(number) for number in range(40)]
    assert sum(line.split() == ["a", "b"] for line in screen.lines()) > 1


@pytest.mark.parametrize("word", ["word ", "字", "x"])
def test_long_paragraph_is_whole(terminal: MakeTerminal, word: str) -> None:
    """A paragraph that is longer than the screen is shown whole and once, also without spaces."""
    screen = terminal(40, 8)
    show(screen, word * 500 + "\n\nend")
    assert "".join(screen.lines()).replace(" ", "") == word.strip() * 500 + "end"


def test_long_item_stays_raw(terminal: MakeTerminal) -> None:
    """An item that outgrows the screen is left as it came: what scrolled off is not written again."""
    screen = terminal(40, 8)
    item = "- a\n" + "".join(f"  line {number}\n" for number in range(30))
    show(screen, f"{item}\nend")
    assert screen.lines() == [*item.splitlines(), "", "end"]


LINES = st.sampled_from(
    ["word word", "- item", "  more", "", "```", "1. x", "| a | b |", "|--|--|", "字" * 30, "# h", "> q"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.lists(LINES, max_size=14), st.integers(1, 50), st.sampled_from([(80, 24), (24, 6)]))
def test_chunks_do_not_matter(terminal: MakeTerminal, lines: list[str], size: int, shape: tuple[int, int]) -> None:
    """However the text comes, on a screen where it fits it looks the same; on a small one each word is there once."""
    text = "\n".join(lines)
    screen = terminal(80, 200)
    show(screen, text, size)
    whole = terminal(80, 200)
    show(whole, text, 100_000)
    assert screen.lines() == whole.lines()
    small = terminal(*shape)
    show(small, text, size)
    for word in ("word", "item", "more", "字", "q"):
        assert "".join(small.lines()).count(word) == "".join(whole.lines()).count(word)


def test_resize_while_a_block_grows(terminal: MakeTerminal) -> None:
    """When the screen got narrower than what was written, that is left alone and nothing above it is erased."""
    screen = terminal(80, 24)
    display = MarkdownDisplay(show_reasoning=True)
    display.show(StreamEvent("text", "before\n\n" + "**long** " * 8))
    screen.screen.resize(24, 40)
    display.show(StreamEvent("text", "end\n\nafter **all**\n\n"))
    display.finish()
    assert "before" in screen.lines()[0]
    assert screen.lines()[-1] == "after all"
    assert sum("end" in line for line in screen.lines()) == 1


def test_reasoning_and_tools(terminal: MakeTerminal, capsys: pytest.CaptureFixture[str]) -> None:
    """Text is finished before reasoning or a tool call is shown, so that nothing of those can be erased."""
    screen = terminal()
    display = MarkdownDisplay(show_reasoning=True)
    display.show(StreamEvent("reasoning", "hm"))
    display.show(StreamEvent("text", "I **call**"))
    display.show(StreamEvent("tool_call_name", "upper"))
    screen.write("Tool call: upper()\n")
    display.show(StreamEvent("text", "Done **now**"))
    display.finish()
    assert screen.lines() == ["I call", "Tool call: upper()", "Done now"]
    assert capsys.readouterr().err == "hm\n"


def test_work_is_bounded_by_the_screen(terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn and written for a chunk is as much at the end of a long answer as at its start."""
    rendered: list[int] = []
    render = BlockRenderer.render

    def counted(self: BlockRenderer, block: Block, width: int) -> str:
        rendered.append(len(block.markup))
        return render(self, block, width)

    monkeypatch.setattr(BlockRenderer, "render", counted)
    screen = terminal(80, 24)
    page = ANSWER.replace("~~~\nplain\n", "") + "```\n" + "code line\n" * 60 + "```\n\n"
    display = MarkdownDisplay(show_reasoning=True)
    work = []
    for _ in range(12):
        before = sum(rendered), sum(map(len, screen.written))
        for start in range(0, len(page), 5):
            display.show(StreamEvent("text", page[start : start + 5]))
        work.append((sum(rendered) - before[0], sum(map(len, screen.written)) - before[1]))
    assert len(set(work[1:])) == 1
    assert max(rendered) < 80 * 24
