"""YAML: reading what people write, with one kind of error for all the ways in which the parser fails; and writing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_LONG = 100  #: for a key: emitters write longer ones in another way


class YamlTextError(ValueError):
    """A text is no YAML. The message is the parser's."""


def parsed_yaml(text: str) -> Any:
    """Return what a YAML text says, in plain data. Raises `YamlTextError`."""
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date that is none, for example
        raise YamlTextError(str(error)) from error
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        # The parser trusts a tag such as `!!bool` to stand before what it says.
        raise YamlTextError(f"a value is not what its tag says ({type(error).__name__}: {error})") from error


def yaml_text(value: Any) -> str:
    """Return plain data as YAML, keys in their order, as `yaml.dump` writes it.

    A long log is written by libyaml, which takes a sixth of the time. It breaks lines elsewhere where texts need
    escapes, and refuses half an emoji: so only for what needs none.
    """
    import yaml

    fast = yaml.__with_libyaml__ and _is_plain(value)
    text: str = yaml.dump(value, sort_keys=False, Dumper=yaml.CDumper if fast else yaml.Dumper)
    return text


def _is_plain(value: Any) -> bool:
    """Tell whether all texts are printable ASCII, and all keys short names."""
    if isinstance(value, str):
        return value.isascii() and value.isprintable()
    if isinstance(value, dict):
        return all(map(_is_name, value)) and all(map(_is_plain, value.values()))
    return all(map(_is_plain, value)) if isinstance(value, (list, tuple)) else True


def _is_name(key: object) -> bool:
    return isinstance(key, str) and key.isidentifier() and key.isascii() and len(key) < _LONG
