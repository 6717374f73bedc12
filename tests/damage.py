"""Valid data, damaged: values of other types, members that are missing, unknown or twice, numbers and texts of the
kinds that break programs. For the property tests of everything that reads what others wrote.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

#: Texts that are valid JSON but not valid everywhere: halves of surrogate pairs, NUL, controls, numbers of many digits.
nasty_texts = st.sampled_from(
    ["", "\x00", "\ud800", "a\udc80b", "\x1b[31m", "\x9b2J", "\u2028", "[DONE]", "9" * 4400, "null", " ", "\r\n", "$x"]
)
nasty_numbers = st.sampled_from([0, -1, 1.5, 2**63, -(2**63) - 1, 10**400, 1e308, float("inf"), float("nan")])
leaves = st.one_of(st.none(), st.booleans(), st.integers(), nasty_numbers, st.text(max_size=5), nasty_texts)
#: Any value that JSON as Python writes it can have.
json_values: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)

_WAYS = ("replace", "remove", "add", "repeat")


@st.composite
def damaged(draw: st.DrawFn, value: Any) -> Any:
    """A copy of plain data with up to four places damaged."""
    for _ in range(draw(st.integers(1, 4))):
        value = _once(draw, value)
    return value


def _once(draw: st.DrawFn, value: Any) -> Any:
    """Go down to a place and damage it there."""
    if isinstance(value, (dict, list)) and value and draw(st.integers(0, 5)):
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = draw(st.sampled_from(keys))
        copy = value.copy()
        copy[key] = _once(draw, value[key])
        return copy
    return _broken(draw, value)


def _broken(draw: st.DrawFn, value: Any) -> Any:
    way = draw(st.sampled_from(_WAYS))
    if way == "replace" or not isinstance(value, (dict, list)) or not value:
        return draw(json_values)
    if isinstance(value, dict):
        key = draw(st.sampled_from(list(value)))
        if way == "remove":
            return {name: held for name, held in value.items() if name != key}
        return {**value, draw(st.text(max_size=5)) if way == "add" else "x": value[key]}
    place = draw(st.integers(0, len(value) - 1))
    if way == "remove":
        return value[:place] + value[place + 1 :]
    return [*value[:place], draw(json_values) if way == "add" else value[place], *value[place:]]


_YAML_PIECES = r"""
a|1|1.5|true|null|~|2001-13-41|2001-01-01 00:00:00 +99:99|0b|0o9|1:99999|.inf|''|"\ud800"|"\x00"|!!int ''|!!float x
!!timestamp x|!!bool x|!!binary é|!!set {a}|!!null x|!!omap [a]|!!pairs [a]|!!python/object:os.system x|!x y|&a [*a]|*b
<<: 1|? [a]|{[1]: 2}|!!str [a]|!!seq a|!!map a|=|@|`|%|- - -
"""
_YAML_WORDS = """
name prompt system model attachments attachment_types defaults options extract extract_last schema_object fragments
system_fragments tools functions model_id model_name aliases api_base api_key_name headers completion responses
reasoning vision can_stream timeout max_retries x <<
"""
_YAML_SCALARS = st.sampled_from(
    [*_YAML_PIECES.strip().replace("\n", "|").split("|"), "9" * 4400, "0x" + "f" * 4400, "[" * 400, "\t"]
)
_YAML_KEYS = st.sampled_from(_YAML_WORDS.split())
_yaml_lines = st.tuples(_YAML_KEYS, _YAML_SCALARS).map(lambda pair: f"{pair[0]}: {pair[1]}")

#: YAML as people and attackers write it: any text, or one made of YAML's pieces, some of which mean something.
yaml_texts = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="-:[]{}&*!|>'\"%@` \n\ta1?#", max_size=30),
    _YAML_SCALARS,
    st.lists(_yaml_lines, max_size=5).map("\n".join),
    st.lists(_yaml_lines, min_size=1, max_size=5).map(lambda lines: "- " + "\n  ".join(lines)),
    st.lists(_YAML_SCALARS, max_size=3).map(lambda items: "\n".join(f"- {item}" for item in items)),
)
