from __future__ import annotations

from typing import Any

import pytest

from llm.core.attachments import Attachment
from llm.features.attachments import AttachmentRequest
from llm.features.template_composition import PromptInputs, any_uses_input, apply_templates, fill
from llm.features.templates import Template


def template(**fields: Any) -> Template:
    return Template(name="t", **fields)


def text_of(prompt: str | None, *prompts: str) -> str | None:
    return apply_templates(PromptInputs(prompt=prompt), [template(prompt=one) for one in prompts]).prompt


def test_no_templates() -> None:
    """Without templates everything stays as it is."""
    inputs = PromptInputs(prompt="p", system="s", tools=["t"], schema={"a": 1}, options={"o": 1})
    assert apply_templates(inputs, []).prompt == "p"
    assert apply_templates(inputs, []).schema == {"a": 1}


@pytest.mark.parametrize(
    ("prompt", "prompts", "expected"),
    [
        ("arg", ["Sum: $input", "boo"], "boo\nSum: arg"),
        ("arg", ["boo", "Sum: $input"], "Sum: boo\narg"),
        ("arg", ["boo"], "boo\narg"),
        (None, ["boo"], "boo"),
        ("", ["boo"], "boo"),
        ("arg", [""], "arg"),
        (None, ["<$input>"], "<>"),
        (None, ["<${input}>"], "<>"),
    ],
)
def test_texts(prompt: str | None, prompts: list[str], expected: str) -> None:
    """Templates are applied from left to right; the text replaces `$input` or follows the template's prompt."""
    assert text_of(prompt, *prompts) == expected


def test_input_in_system_text() -> None:
    """Text that went into `$input` of the system text is not appended to the prompt as well."""
    both = template(prompt="P", system="S $input")
    assert fill(both, "arg", {}) == ("P", "S arg")
    assert fill(template(system="S $input"), "arg", {}) == ("arg", "S arg")


def test_system() -> None:
    """The first template with a system text sets it, unless one was given that is not empty."""
    templates = [template(), template(system="one"), template(system="two")]
    assert apply_templates(PromptInputs(), templates).system == "one"
    assert apply_templates(PromptInputs(system=""), templates).system == "one"
    assert apply_templates(PromptInputs(system="mine"), templates).system == "mine"


def test_model_and_options() -> None:
    """The first template that sets a model or an option decides it; what was given beats all of them."""
    templates = [template(options={"a": 1, "b": 1}), template(model="m", options={"b": 2, "c": 2}), template(model="n")]
    found = apply_templates(PromptInputs(options={"a": "given"}), templates)
    assert found.model_id == "m"
    assert found.options == {"a": "given", "b": 1, "c": 2}
    assert apply_templates(PromptInputs(model_id="mine"), templates).model_id == "mine"


def test_schema() -> None:
    """The last template with a schema decides, unless one was given."""
    templates = [template(schema_object={"a": 1}), template(schema_object={"b": 1}), template()]
    assert apply_templates(PromptInputs(), templates).schema == {"b": 1}
    assert apply_templates(PromptInputs(schema={"mine": 1}), templates).schema == {"mine": 1}


@pytest.mark.parametrize(
    ("given", "expected"),
    [((False, False), (False, True)), ((True, False), (True, False)), ((False, True), (False, True))],
)
def test_extract(given: tuple[bool, bool], expected: tuple[bool, bool]) -> None:
    """The first template that extracts decides what, unless something was asked for."""
    templates = [template(), template(extract_last=True), template(extract=True)]
    found = apply_templates(PromptInputs(extract=given[0], extract_last=given[1]), templates)
    assert (found.extract, found.extract_last) == expected


def test_lists() -> None:
    """Lists are joined: those of the templates in their order, then what was given."""
    templates = [
        template(fragments=["f1"], system_fragments=["s1"], tools=["t1"], attachments=["a1"]),
        template(fragments=["f2"], tools=["t2"], attachment_types=[{"type": "x/y", "value": "a2"}]),
    ]
    own, typed = Attachment(path="own"), Attachment(path="typed")
    inputs = PromptInputs(
        fragments=["f"], system_fragments=["s"], tools=["t"], attachments=[own], typed_attachments=[typed]
    )
    found = apply_templates(inputs, templates)
    assert (found.fragments, found.system_fragments, found.tools) == (["f1", "f2", "f"], ["s1", "s"], ["t1", "t2", "t"])
    assert found.attachments == [AttachmentRequest("a1"), own]
    assert found.typed_attachments == [AttachmentRequest("a2", "x/y"), typed]


def test_functions() -> None:
    """Only code of trusted templates is used, before the code that was given."""
    trusted, untrusted = template(functions="a"), template(functions="b", tools=["upper"])
    trusted._functions_is_trusted = True
    found = apply_templates(PromptInputs(functions=["mine"]), [untrusted, trusted])
    assert (found.functions, found.tools) == (["a", "mine"], ["upper"])


def test_params() -> None:
    """Parameters reach every template; the defaults of one are not known to the next."""
    one, two = template(prompt="1 $x", defaults={"x": "d"}), template(prompt="2 $x")
    assert apply_templates(PromptInputs(params={"x": "p"}), [one, two]).prompt == "2 p\n1 p"
    with pytest.raises(Template.MissingVariables, match="Missing variables: x"):
        apply_templates(PromptInputs(), [one, two])


def test_missing_variable_of_unused_system() -> None:
    """A variable without value is an error even where the system text would not be used."""
    with pytest.raises(Template.MissingVariables):
        apply_templates(PromptInputs(system="mine"), [template(system="$x")])


def test_any_uses_input() -> None:
    """`$input` counts in prompt and system text, braced or not."""
    assert not any_uses_input([template(prompt="$$input $other")])
    assert any_uses_input([template(), template(system="${input}")])
