"""The log as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.features.log_markdown import MarkdownLog
from llm.features.log_markdown_tools import fenced, inline_code
from tests.features.log_rows import attachment, call, fragment, result, row, tool

# `_` at the end of a line stands for a space.
COMPLETE = """\
# 2026-01-02T03:04:05    conversation: CID id: ID

Model: **rich** (resolved: **rich-2026**)

## Prompt

the prompt

### Prompt fragments

- HASH

## Options

- temperature: 0.5

## System

the system

### System fragments

- HASH

## Schema

```json
{
  "type": "object"
}
```

### Tools

- **plain**: `HASH`__
__
    Arguments: `{"x": {"type": "integer"}}`
- `Box({"path": "/z"})`:
    - **Box_read**: `HASH2`__
        Read a thing__
        Arguments: `{"name": {"type": "string"}}`
    - **Box_write**: `c565425`

### Tool results

- **Box_read**: `TOOL_CALL_ID`__
    ```
    Error: boom
    ```__
    **Error**: ValueError: boom

    - image/png: /data/f.png

### Attachments

1. **image/png**: `/data/f.png`
2. **image/png**: https://example.com/a.png
3. **text/plain**: `<5,000 bytes>`

## Reasoning

<details><summary>Reasoning trace</summary>

I think so.

</details>

## Response

### Tool calls

- **Box_read**: `TOOL_CALL_ID`__
    name:
    ```
    some text
    ```
    n: `3`
- **web_search**: `TOOL_CALL_ID`__
    Arguments: `{}`

### Tool results

- **web_search**: `TOOL_CALL_ID`__
    ```
    server out
    ```

response text

## Token usage

1,234 input, 5 output, `{"cached": {"n": 3}}`

Duration: 65123ms (1m 5s)

""".replace("__\n", "  \n")


def markdown(*rows: dict[str, Any], **options: bool) -> str:
    """Return the listing of these rows, without attachments."""
    log = MarkdownLog(**options)
    return "".join(log.entry(found, []) for found in rows)


def between(text: str, start: str, end: str = "\n\n#") -> str:
    """Return what stands in `text` after the heading `start`."""
    return f"{text}#".partition(start)[2].partition(end)[0].removeprefix("\n\n")


def test_complete_example() -> None:
    """An entry with everything, to the space."""
    write = tool("Box_write", hash="c565425" + "0" * 57, instance={"name": "Box", "arguments": '{"path": "/z"}'})
    log = MarkdownLog(usage=True)
    log.entry(row(tools=[write]), [])
    complete = row(
        model="rich",
        resolved_model="rich-2026",
        prompt_fragments=[fragment("x")],
        options_json={"temperature": 0.5},
        system="the system",
        system_fragments=[fragment("x")],
        schema_json={"type": "object"},
        tools=[
            tool(
                "Box_read",
                hash="HASH2",
                description="Read a thing",
                input_schema={"properties": {"name": {"type": "string"}}},
                instance={"name": "Box", "arguments": '{"path": "/z"}'},
            ),
            tool("plain", hash="HASH", input_schema={"properties": {"x": {"type": "integer"}}}),
            write,
        ],
        tool_results=[
            result("web_search", "server out", server_executed=True),
            result(
                "Box_read",
                "Error: boom",
                exception="ValueError: boom",
                attachments=[attachment(path="/data/f.png")],
                server_executed=False,
            ),
        ],
        reasoning="I think so.",
        tool_calls=[call("Box_read", {"name": "some text", "n": 3}), call("web_search", {})],
        response="response text",
        input_tokens=1234,
        output_tokens=5,
        token_details='{"cached": {"n": 3}}',
        duration_ms=65123,
    )
    attachments = [
        attachment(path="/data/f.png"),
        attachment(url="https://example.com/a.png"),
        attachment(type="text/plain", content=True, content_length=5000),
    ]
    assert log.entry(complete, attachments) == COMPLETE


def test_bare_entry() -> None:
    """What there is nothing to show of is left out, except the prompt and the heading of the response."""
    assert markdown(row(prompt="", response="")) == (
        "# 2026-01-02T03:04:05    conversation: CID id: ID\n\nModel: **m**\n\n"
        "## Prompt\n\n-- none --\n\n## Response\n\n"
    )


def test_one_conversation() -> None:
    """Within one conversation only the first entry names it, and its model."""
    text = markdown(row(), row(id="ID2", response="second"), one_conversation=True)
    assert text.count("Model: ") == text.count("conversation: CID") == 1
    assert "\n# 2026-01-02T03:04:05\n\n## Prompt\n" in text
    assert markdown(row(), row()).count("Model: ") == 2


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("2026-01-02T03:04:05", "2026-01-02T03:04:05"), ("", ""), (None, "unknown time")],
)
def test_time(stored: str | None, shown: str) -> None:
    """The time is shown to the second; an unknown one in words."""
    assert markdown(row(datetime_utc=stored)).startswith(f"# {shown}    conversation:")


def test_system_prompt_is_shown_when_it_changes() -> None:
    """The system prompt of an entry is shown if it differs from that of the entry before."""
    systems = ["one", "one", None, "one", "two", ""]
    text = markdown(*(row(system=system) for system in systems))
    assert text.count("## System\n\none\n\n") == 2
    assert text.count("## System\n\n") == 4


def test_options() -> None:
    """Options are shown one a line, their values as `str()` of what the JSON holds."""
    options = {"temperature": 0.5, "flag": True, "nothing": None, "words": ["é", 1], "text": "a b"}
    assert between(markdown(row(options_json=options)), "## Options") == (
        "- temperature: 0.5\n- flag: True\n- nothing: None\n- words: ['é', 1]\n- text: a b"
    )


def test_options_of_a_damaged_row() -> None:
    """Options that are no JSON object are shown as they are."""
    assert between(markdown(row(options_json="{broken")), "## Options") == "{broken"
    assert "## Options" not in markdown(row(options_json=None))


def test_truncated_rows() -> None:
    """Rows without the columns that hold JSON, as truncating leaves them, have no options and no schema."""
    found = row(response='{"a": 1}')
    del found["options_json"], found["schema_json"]
    text = markdown(found)
    assert between(text, "## Response") == '{"a": 1}'


@pytest.mark.parametrize(
    ("response", "shown"),
    [
        ('{"é":[1]}', '```json\n{\n  "\\u00e9": [\n    1\n  ]\n}\n```'),
        ("null", "```json\nnull\n```"),
        ("no JSON", "no JSON"),
    ],
)
def test_structured_response(response: str, shown: str) -> None:
    """With a schema, a response that is JSON is laid out."""
    assert between(markdown(row(response=response, schema_json={"type": "object"})), "## Response") == shown
    assert between(markdown(row(response=response)), "## Response") == response


def test_reasoning_is_stripped_at_the_end() -> None:
    """White space at the end of the reasoning is dropped, at its start kept; none means no section."""
    text = markdown(row(reasoning="\n  so\n\n "))
    assert between(text, "## Reasoning") == "<details><summary>Reasoning trace</summary>\n\n\n  so\n\n</details>"
    assert "## Reasoning" not in markdown(row(reasoning=""))


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, None),
        ({"input_tokens": 0}, "0 input"),
        ({"output_tokens": 1234567}, "1,234,567 output"),
        ({"token_details": '{"a":"`"}'}, '``{"a": "`"}``'),
        ({"token_details": "{broken"}, '`"{broken"`'),
        ({"duration_ms": 0}, "Duration: 0ms (0s)"),
        ({"duration_ms": 59_999}, "Duration: 59999ms (59s)"),
        ({"duration_ms": 60_000}, "Duration: 60000ms (1m 0s)"),
        ({"duration_ms": 7_265_123}, "Duration: 7265123ms (2h 1m 5s)"),
        ({"input_tokens": 1, "duration_ms": 5_000}, "1 input\n\nDuration: 5000ms (5s)"),
    ],
)
def test_usage(values: dict[str, Any], shown: str | None) -> None:
    """Token counts that are known, details as code, and the duration in words; only on demand."""
    text = markdown(row(**values), usage=True)
    assert ("## Token usage" in text) == (shown is not None)
    if shown is not None:
        assert text.endswith(f"\n\n## Token usage\n\n{shown}\n\n")
    assert "## Token usage" not in markdown(row(**values))


@pytest.mark.parametrize("kind", ["prompt", "system"])
def test_several_fragments(kind: str) -> None:
    """Fragments are listed by their hashes, one a line."""
    text = markdown(row(**{f"{kind}_fragments": [fragment("x", "H1"), fragment("y", "H2")]}))
    assert between(text, f"### {kind.title()} fragments") == "- H1\n- H2"


def test_expanded_fragments() -> None:
    """Expanded fragments show their content, as code where it looks like code."""
    code = "a\nb\nc\n```\n"
    text = markdown(row(prompt_fragments=[fragment("plain", "H1"), fragment(code, "H2")]), expand=True)
    assert between(text, "### Prompt fragments") == (
        "<details><summary>H1</summary>\nplain\n</details>\n"
        "<details><summary>H2</summary>\n\n````\na\nb\nc\n```\n````\n</details>"
    )


def test_attachments_of_unknown_type(tmp_path: Path) -> None:
    """A missing type is sniffed from the file, never asked from a server; a missing attachment is called missing."""
    picture = tmp_path / "picture"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    places: list[dict[str, Any]] = [{"path": str(picture)}, {"url": "https://example.invalid/x"}, {}]
    text = MarkdownLog().entry(row(), [attachment(type=None, **place) for place in places])
    assert between(text, "### Attachments") == (
        f"1. **image/png**: `{picture}`\n"
        "2. **unknown type**: https://example.invalid/x\n"
        "3. **unknown type**: `<missing>`"
    )


# Tools


def test_tools_are_described_once() -> None:
    """The first listing of a tool describes it, later ones show the beginning of its hash."""
    described = tool("t", hash="0123456789", description="Does it.\n\n  Slowly.\n\n", input_schema={"type": "object"})
    text = markdown(row(tools=[described]), row(tools=[described]))
    assert text.count("- **t**: `0123456789`  \n    Does it.\n\n      Slowly.  \n    Arguments: `{}`\n\n") == 1
    assert text.count("- **t**: `0123456`\n\n") == 1


@pytest.mark.parametrize(
    ("arguments", "shown"), [(None, "`Box()`"), ("{}", "`Box()`"), ('{"a": "`"}', '``Box({"a": "`"})``')]
)
def test_instances(arguments: str | None, shown: str) -> None:
    """Tools of one instance are listed under its name and arguments, behind the plain ones."""
    tools = [
        tool("Box_b", instance={"name": "Box", "arguments": arguments}),
        tool("plain"),
        tool("Other_a", instance={"name": "Other", "arguments": None}),
        tool("Box_a", instance={"name": "Box", "arguments": arguments}),
    ]
    log = MarkdownLog()
    log.entry(row(tools=tools), [])
    assert between(log.entry(row(tools=tools), []), "### Tools") == (
        f"- **plain**: `hash of`\n- {shown}:\n    - **Box_b**: `hash of`\n    - **Box_a**: `hash of`\n"
        "- `Other()`:\n    - **Other_a**: `hash of`"
    )


def test_damaged_tool() -> None:
    """An input schema that is no object has no arguments to show."""
    assert "Arguments: `{}`" in markdown(row(tools=[tool("t", input_schema=[1])]))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({}, "    Arguments: `{}`"),
        ([1], "    Arguments: `[1]`"),
        ("text", '    Arguments: `"text"`'),
        ({"a": None, "b": "x\n\ny"}, "    a: `null`\n    b:\n    ```\n    x\n\n    y\n    ```"),
        ({"a": "```"}, "    a:\n    ````\n    ```\n    ````"),
    ],
)
def test_arguments(arguments: Any, shown: str) -> None:
    """Arguments by name, texts as code blocks; anything but a filled object in one line."""
    text = between(markdown(row(tool_calls=[call("t", arguments)])), "### Tool calls", "\n\nthe response")
    assert text == f"- **t**: `TOOL_CALL_ID`  \n{shown}"


def test_results() -> None:
    """Outputs as code blocks, then errors and attachments; an error is followed by an empty line."""
    shown = [
        attachment(url="https://example.com/a.png"),
        attachment(type="text/plain", content=True, content_length=1234),
    ]
    results = [result("a", "x\n\ny", attachments=shown), result("b", None, exception="E: no")]
    assert between(markdown(row(tool_results=results)), "### Tool results", "\n\n## Response") == (
        "- **a**: `TOOL_CALL_ID`  \n    ```\n    x\n\n    y\n    ```\n"
        "    - image/png: https://example.com/a.png\n    - text/plain: <1,234 bytes>\n"
        "- **b**: `TOOL_CALL_ID`  \n    ```\n\n    ```  \n    **Error**: E: no\n"
    )


def test_legacy_results_were_fed_to_the_model() -> None:
    """Results that do not say who executed them stand before the response."""
    text = markdown(row(tool_results=[result("a", "x")]))
    assert text.index("### Tool results") < text.index("## Response")


@settings(max_examples=60, derandomize=True)
@given(st.text(alphabet="`ab\n", max_size=12))
def test_code_cannot_escape(text: str) -> None:
    """Neither a code block nor inline code contains its own fence."""
    fence = fenced(text).partition("\n")[0]
    assert len(fence) >= 3
    assert fence not in text
    code = inline_code(text)
    opening = code[: len(code) - len(code.lstrip("`"))]
    inside = code[len(opening) : -len(opening)]
    assert opening not in text
    assert inside in {text, f" {text} "}
