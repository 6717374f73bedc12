from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from string import Template as Reference
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm.core.errors import UserError
from llm.features.template_files import LoadTemplateError, load_template, parse_yaml_template
from llm.features.templates import Template, TemplateTextError
from tests.damage import damaged, nasty_texts, yaml_texts

texts = st.text(max_size=20) | nasty_texts
variable_texts = st.lists(
    st.sampled_from(
        ["$a", "${b}", "$$", "$", "${", "$input", "$5", "x", "\n", "${c d}", "$_1", "$é", "{a}", "\x00", "$$$a"]
    ),
    max_size=6,
).map("".join)
VALID: dict[str, Any] = {
    "prompt": "Do $input",
    "system": "Be $mood",
    "model": "m",
    "defaults": {"mood": "kind"},
    "options": {"temperature": 0.5},
    "attachments": ["a.png"],
    "attachment_types": [{"type": "image/png", "value": "-"}],
    "schema_object": {"type": "object", "properties": {"a": {"type": "string"}}},
    "fragments": ["f"],
    "system_fragments": ["g"],
    "tools": ["llm_time"],
    "extract": True,
}


@given(yaml_texts)
@example("prompt: !!bool x")
@example("- !!int ''")
def test_any_yaml_is_a_template_or_a_named_error(content: str) -> None:
    """A text is a template, or an error that names it and can be shown as it is."""
    try:
        template = parse_yaml_template("mine", content)
    except LoadTemplateError as error:
        assert "mine" in str(error)  # noqa: PT017  # most texts are none
        return
    assert template.name == "mine"
    assert not template._functions_is_trusted


@given(st.data())
def test_damaged_fields(data: st.DataObject) -> None:
    """Fields of other types, unknown ones and missing ones are a template or a named error, never both silently."""
    content = yaml.safe_dump(data.draw(damaged(VALID)))
    with suppress(LoadTemplateError):
        parse_yaml_template("mine", content).evaluate("in", {})


@given(
    st.fixed_dictionaries({}, optional={
        "prompt": texts,
        "system": texts,
        "model": texts,
        "defaults": st.dictionaries(texts, texts, max_size=3),
        "fragments": st.lists(texts, max_size=3),
        "tools": st.lists(texts, max_size=3),
        "extract": st.booleans(),
    })
)  # fmt: skip
def test_what_is_saved_is_loaded(fields: dict[str, Any]) -> None:
    """A template written as YAML comes back as it was."""
    content = yaml.safe_dump(fields)
    assert parse_yaml_template("t", content) == Template(name="t", **fields)


@given(variable_texts, st.dictionaries(st.sampled_from(["a", "b", "input", "_1", "é", "c d"]), texts, max_size=5))
def test_variables_are_those_of_the_standard_library(text: str, params: dict[str, str]) -> None:
    """Interpolation is that of `string.Template`, whose errors become `MissingVariables` and `ValueError`."""
    try:
        expected: str | None = Reference(text).substitute(params) if text else text
    except KeyError:
        with pytest.raises((Template.MissingVariables, ValueError)):
            Template.interpolate(text, params)
    except ValueError:
        with pytest.raises((Template.MissingVariables, ValueError)):
            Template.interpolate(text, params)
    else:
        assert Template.interpolate(text, params) == expected


@given(variable_texts, variable_texts, texts)
def test_evaluating_any_texts(prompt: str, system: str, given_input: str) -> None:
    """A template is evaluated or refused with one of its two errors; missing names are named once, in order."""
    template = Template(name="t", prompt=prompt, system=system)
    try:
        found = template.evaluate(given_input, {"a": "A"})
    except Template.MissingVariables as error:
        missing = re.fullmatch(r"Missing variables: (.+)", str(error), re.DOTALL)
        assert missing
        names = missing[1].split(", ")
        assert sorted(names) == sorted(template.vars() - {"a", "input"})
    except TemplateTextError as error:
        assert "'t'" in str(error)  # noqa: PT017
    else:
        assert found[0] == (Reference(prompt).substitute(a="A", input=given_input) if prompt else given_input)


@given(texts | st.text(alphabet="ab/.:~-\x00$%", max_size=12))
@settings(max_examples=100)
def test_any_name_of_a_template(name: str) -> None:
    """Whatever is given as a name, it is loaded or refused by an error for users; nothing is fetched."""

    def fetch(url: str) -> str:
        raise UserError(f"{url} cannot be fetched")

    with suppress(UserError):
        load_template(name, fetch=fetch)


@given(st.binary(max_size=40) | yaml_texts.map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=40)
def test_any_bytes_of_a_file(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """A file that is no text, or no template, is an error that names it."""
    path: Path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    try:
        load_template(str(path))
    except LoadTemplateError as error:
        assert str(path) in str(error)  # noqa: PT017
