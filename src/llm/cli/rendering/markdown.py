"""Drawing one block of Markdown with rich: the only module that loads it.

Rich's own elements are used where they keep the text whole. They do not for HTML, the addresses of images, definitions
of links and long words in tables, so those are shown as they are, or folded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, ListElement, Markdown, TableElement
from rich.segment import Segment
from rich.syntax import Syntax
from rich.table import Table

from llm.cli.rendering.blocks import Block, Kind
from llm.core.text import escape_controls

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

#: colours of the terminal's own palette, so that they fit light and dark ones
CODE_THEME = "ansi_dark"


class BlockRenderer:
    """Turns blocks into text with the escape sequences of one terminal's colours."""

    def __init__(self, console: Console | None = None) -> None:
        from markdown_it import MarkdownIt

        self._console = console or Console(highlight=False, emoji=False, markup=False)
        self._parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
        # A definition is shown as it stands: what refers to it may have been drawn before it came.
        self._parser.disable("reference")

    def render(self, block: Block, width: int) -> str:
        """Return the lines that show a block in `width` columns, without a line break behind the last."""
        options = self._console.options.update(width=max(width, 10), height=None)
        markdown = _Markdown(self._parser, block)
        lines = list(Segment.split_lines(self._console.render(markdown, options)))
        drawn = "\n".join(self._line(line) for line in lines).strip("\n")
        if drawn or not block.text.strip():
            return drawn
        return escape_controls(block.text).strip("\n")  # nothing that came may be hidden

    def _line(self, segments: Iterable[Segment]) -> str:
        return "".join(self._sequence(segment) for segment in _without_trailing_space(segments))

    def _sequence(self, segment: Segment) -> str:
        # Escaped behind the parser, which turns `&#13;` and the like into the characters.
        text = escape_controls(segment.text).replace("\n", " ")
        if segment.style is None:
            return text
        return segment.style.render(
            text, color_system=self._console._color_system, legacy_windows=self._console.legacy_windows
        )


def _without_trailing_space(segments: Iterable[Segment]) -> list[Segment]:
    """Return a line without the space that fills it up: it would wrap when the terminal gets narrower."""
    line = [segment for segment in segments if not segment.control]
    while line and not line[-1].text.strip(" "):
        line.pop()
    if line:
        last = line.pop()
        line.append(Segment(last.text.rstrip(" "), last.style))
    return line


class _Heading(Heading):
    LEVEL_ALIGN = dict.fromkeys(Heading.LEVEL_ALIGN, "left")


class _Code(CodeBlock):
    """Code without a frame or background, so that it can be copied as it is."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        syntax = Syntax("", self.lexer_name, theme=CODE_THEME, background_color="default", tab_size=4)
        text = syntax.highlight(str(self.text).rstrip())
        text.rstrip()
        text.no_wrap, text.overflow = False, "fold"
        yield text


class _List(ListElement):
    """A list whose numbers line up whether it is drawn whole or item by item."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.list_type == "bullet_list_open":
            yield from super().__rich_console__(console, options)
            return
        first = 1 if self.list_start is None else self.list_start
        last = first + len(self.items) - 1
        for number, item in enumerate(self.items, first):
            yield from item.render_number(console, options, number, last)


class _Table(TableElement):
    """A table in which long words are folded, not cut off."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, style="markdown.table.border")
        header = self.header.row.cells if self.header and self.header.row else []
        for cell in header:
            heading = cell.content.copy()
            heading.stylize("markdown.table.header")
            table.add_column(heading, overflow="fold", justify=cell.justify)
        for row in self.body.rows if self.body else ():
            table.add_row(*[cell.content for cell in row.cells])
        yield table


class _Markdown(Markdown):
    elements = {  # noqa: RUF012 - declared so in rich
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
        "bullet_list_open": _List,
        "ordered_list_open": _List,
        "table_open": _Table,
    }

    def __init__(self, parser: MarkdownIt, block: Block) -> None:
        super().__init__("", hyperlinks=False)  # an address that is hidden behind a text cannot be judged
        self.parsed = parser.parse(block.markup)
        if block.kind is Kind.ITEM and block.number is not None and self.parsed:
            self.parsed[0].attrs["start"] = block.number
        for token in self.parsed:
            if token.children:
                token.children = list(_readable(token.children))


def _readable(tokens: list[Token]) -> Iterator[Token]:
    """Yield inline tokens with line breaks kept, images as text, and no links whose text is their address."""
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "image":
            yield token.copy(type="text", tag="", content=_image_text(token), children=None, attrs={})
        elif token.type == "softbreak":  # poems, addresses, HTML: a model that breaks a line means it
            yield token.copy(type="hardbreak")
        elif token.type == "link_open" and _is_bare(tokens[position : position + 3]):
            yield tokens[position + 1]
            position += 2
        else:
            yield token
        position += 1


def _image_text(token: Token) -> str:
    source = token.attrs.get("src", "")
    return f"{token.content} ({source})" if token.content else f"({source})"


def _is_bare(tokens: list[Token]) -> bool:
    return (
        [token.type for token in tokens] == ["link_open", "text", "link_close"]
        and tokens[0].attrs.get("href") == tokens[1].content
    )  # fmt: skip
