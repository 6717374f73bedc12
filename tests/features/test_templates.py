from __future__ import annotations

import pickle
from string import Template as VariableText
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from llm.features.templates import AttachmentType, Template, TemplateTextError

names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)


def template(**fields: Any) -> Template:
    return Template(name="t", **fields)


def test_fields() -> None:
    """Only the name is required, all other fields are None, and unknown ones are refused."""
    found = template().model_dump()
    assert list(found) == [
        "name", "prompt", "system", "attachments", "attachment_types", "model", "defaults", "options", "extract",
        "extract_last", "schema_object", "fragments", "system_fragments", "tools", "functions",
    ]  # fmt: skip
    assert [value for name, value in found.items() if name != "name"] == [None] * 14
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        template(bogus=1)


def test_public_home() -> None:
    """Both classes say that they live in llm.templates, and pickles find them there."""
    assert (Template.__module__, AttachmentType.__module__) == ("llm.templates", "llm.templates")
    assert Template.MissingVariables.__module__ == "llm.templates"
    assert pickle.loads(pickle.dumps(template(prompt="p"))) == template(prompt="p")


def test_attachment_types() -> None:
    """Mappings of type and value become AttachmentType objects."""
    found = template(attachment_types=[{"type": "image/png", "value": "x"}]).attachment_types
    assert found == [AttachmentType(type="image/png", value="x")]


def test_trust_cannot_come_from_data() -> None:
    """Functions are not trusted after construction; data cannot say otherwise, and trust does not change equality."""
    found = template()
    assert found._functions_is_trusted is False
    assert Template.model_validate({"name": "t"})._functions_is_trusted is False
    with pytest.raises(ValidationError):
        Template.model_validate({"name": "t", "_functions_is_trusted": True})
    found._functions_is_trusted = True
    assert found == template()
    assert "_functions_is_trusted" not in found.model_dump()


@pytest.mark.parametrize(
    ("fields", "params", "expected"),
    [
        ({}, None, ("in", None)),
        ({"prompt": ""}, None, ("in", None)),
        ({"prompt": "P $input $$1"}, None, ("P in $1", None)),
        ({"prompt": "${input}!", "system": "S $input"}, None, ("in!", "S in")),
        ({"prompt": "p", "system": ""}, None, ("p", "")),
        ({"prompt": "$a", "defaults": {"a": 1}}, None, ("1", None)),
        ({"prompt": "$a", "defaults": {"a": 1}}, {"a": 2}, ("2", None)),
        ({"prompt": "$input", "defaults": {"input": "d"}}, {"input": "p"}, ("in", None)),
    ],
)
def test_evaluate(fields: dict[str, Any], params: Any, expected: tuple[str, str | None]) -> None:
    """The input beats a parameter of that name, parameters beat defaults; without a prompt the input is returned."""
    assert template(**fields).evaluate("in", params) == expected


def test_no_input() -> None:
    """`$input` without any input is empty; without a prompt, nothing stays nothing."""
    assert template(prompt="<$input>").evaluate(None) == ("<>", None)
    assert template().evaluate(None) == (None, None)


def test_params_are_left_alone() -> None:
    """Evaluating does not write into the caller's dictionary."""
    params = {"a": 1}
    template(prompt="$a $b", defaults={"b": 2}).evaluate("in", params)
    assert params == {"a": 1}


def test_missing_variables() -> None:
    """All that is missing is named once, prompt first, plain or braced."""
    with pytest.raises(Template.MissingVariables, match=r"^Missing variables: one, two, three$"):
        template(prompt="$one ${two} $one", system="$three $two").evaluate("in")


def test_stray_dollar() -> None:
    """A `$` that begins no variable is an error that names template and place, and no variable."""
    stray = template(prompt="x $5")
    assert stray.vars() == set()
    with pytest.raises(TemplateTextError, match=r"'t'.*line 1, col 3.*\$\$"):
        stray.evaluate("in")
    with pytest.raises(ValueError, match="line 1, col 3"):
        Template.interpolate("x $5", {})


def test_vars() -> None:
    """Variables of prompt and system text, in both notations; `$$` is none."""
    assert template(prompt="$a ${b} $$c", system="$d").vars() == {"a", "b", "d"}
    assert template().vars() == set()
    assert Template.extract_vars(VariableText("$b ${a} $b")) == ["b", "a"]


@pytest.mark.parametrize("text", [None, ""])
def test_interpolating_nothing(text: str | None) -> None:
    """Empty text and None come back unchanged."""
    assert Template.interpolate(text, {}) == text


@settings(max_examples=50, derandomize=True)
@given(st.dictionaries(names, st.text()), st.booleans())
def test_interpolation_replaces_every_variable(params: dict[str, str], braced: bool) -> None:
    """Each variable becomes its value, whatever that is, in either notation."""
    text = "|".join(f"${{{name}}}" if braced else f"${name}" for name in params)
    assert Template.interpolate(text, params) == "|".join(params.values())
    assert template(prompt=text).vars() == set(params)
