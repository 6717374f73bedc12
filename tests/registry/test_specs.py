"""Tool specifications."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.registry.specs import ToolSpec, instantiate_from_spec, parse_spec, spec_name

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True) | st.sampled_from(
    ["true", "falsehood", "null", "nullable"]
)
SPACE = st.sampled_from(["", " ", "\n", " \t"])


class Recorder:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.call = (args, kwargs)


def call(spec: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return instantiate_from_spec({"R": Recorder}, spec).call


@pytest.mark.parametrize(
    ("spec", "args", "kwargs"),
    [
        ("R", (), {}),
        ("R()", (), {}),
        (" R ( ) ", (), {}),
        ("R({})", (), {}),
        ('R({"k": 1, "a b": [2]})', (), {"k": 1, "a b": [2]}),
        ('R("x")', ("x",), {}),
        ('R("a=1, b=2")', ("a=1, b=2",), {}),
        ("R([1, 2])", ([1, 2],), {}),
        ("R(-1.5)", (-1.5,), {}),
        ("R(7)", (7,), {}),
        ("R(true)", (True,), {}),
        ("R( null )", (None,), {}),
        ("R(a=1)", (), {"a": 1}),
        ("R (a=1,)", (), {"a": 1}),
        ("R( a = 1 ,\n b = [2,\n3] )", (), {"a": 1, "b": [2, 3]}),
        ('R(a=1, b="x,y", c=[1,{"q":")"}])', (), {"a": 1, "b": "x,y", "c": [1, {"q": ")"}]}),
        (r'R(a="\",", b="\\")', (), {"a": '",', "b": "\\"}),
        ('R(a="]", b="{")', (), {"a": "]", "b": "{"}),
        ('R(a="b=c")', (), {"a": "b=c"}),
        ("R(a=1, a=2)", (), {"a": 2}),
        ("R(nullable=1)", (), {"nullable": 1}),
        ("R(true_value=false, null=null)", (), {"true_value": False, "null": None}),
        ("R(a-b=1)", (), {"a-b": 1}),
    ],
)
def test_forms(spec: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Each form of a specification makes the call it stands for; white space around its parts does not matter."""
    assert call(spec) == (args, kwargs)


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "2R",
        "(a=1)",
        "R(",
        "R)",
        "R(a=1) x",
        "R(a=1))",
        "R{}",
        "R(.)",
        "R(this is invalid)",
        "R(a=)",
        "R(=1)",
        "R(a=1 b=2)",
        "R(a=1,,b=2)",
        "R(,a=1)",
        "R(,)",
        "R(a='x')",
        'R(a="x)',
        "R(flag=falseTypo)",
        "R(falseTypo)",
        'R({"dir":})',
        'R({"dir": [})',
        'R({"a": 1}, b=2)',
        'R("x", "y")',
        'R("x",)',
        "R(1, a=2)",
        "R(a=1, 2)",
        "R(1a=3)",
        pytest.param(f"R(a={'[' * 100_000})", id="nested without end"),
    ],
)
def test_malformed_specs_are_value_errors(spec: str) -> None:
    """Whatever is malformed raises a ValueError that shows the specification."""
    with pytest.raises(ValueError) as caught:
        call(spec)
    assert repr(spec) in str(caught.value)


def test_unknown_class() -> None:
    """A name that is not in the map is a ValueError that names it and what there is."""
    with pytest.raises(ValueError, match=r"'S'.*R"):
        call("S(1)")
    with pytest.raises(ValueError, match="none"):
        instantiate_from_spec({}, "S")


def test_errors_of_the_constructor_pass() -> None:
    """What the constructor raises is not disguised as a malformed specification."""

    class Strict:
        def __init__(self, path: str) -> None:
            raise LookupError(path)

    with pytest.raises(LookupError, match="here"):
        instantiate_from_spec({"Strict": Strict}, 'Strict("here")')
    with pytest.raises(TypeError):
        instantiate_from_spec({"Strict": Strict}, "Strict(other=1)")


def test_parsing_needs_no_class() -> None:
    """A specification can be parsed by itself, and its name is found even where the rest is malformed."""
    assert parse_spec("upper()") == ToolSpec("upper")
    assert parse_spec("Box(1)") == ToolSpec("Box", args=(1,))
    assert parse_spec("Box(a=1)") == ToolSpec("Box", kwargs={"a": 1})
    assert [spec_name(spec) for spec in (" Box ", "Box (", "Box(a=(1)", "up")] == ["Box", "Box", "Box", "up"]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, JSON, min_size=1, max_size=4), st.lists(SPACE, min_size=4, max_size=4), st.booleans())
def test_keyword_round_trip(kwargs: dict[str, Any], space: list[str], comma: bool) -> None:
    """Any JSON values given by keyword arrive as they were, whatever white space and strings they contain."""
    a, b, c, d = space
    pairs = f"{a},{b}".join(f"{key}{c}={d}{json.dumps(value)}" for key, value in kwargs.items())
    assert call(f"R{a}({b}{pairs}{c}{',' if comma else ''}{d})") == ((), kwargs)


@settings(max_examples=60, deadline=None)
@given(JSON, SPACE)
def test_bare_value_round_trip(value: Any, space: str) -> None:
    """A single JSON value is one positional argument, except that an object is keyword arguments."""
    expected = ((), value) if isinstance(value, dict) else ((value,), {})
    assert call(f"R({space}{json.dumps(value, ensure_ascii=False)}{space})") == expected


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='ab1-=,:"\\[]{}() \n', max_size=25))
def test_any_body_parses_or_is_a_value_error(body: str) -> None:
    """No text between the parentheses leads to another exception."""
    try:
        parse_spec(f"R({body})")
    except ValueError as error:
        assert str(error).startswith("Invalid tool spec")  # noqa: PT017  # many bodies are fine
