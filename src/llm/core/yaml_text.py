"""Reading YAML that people write, with one kind of error for all the ways in which the parser fails."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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
