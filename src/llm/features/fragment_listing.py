"""How `llm fragments` shows what is stored: a YAML list, in which texts stay readable."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from llm.core.text import truncate_string

if TYPE_CHECKING:
    import yaml

SHOWN_LENGTH = 100


def fragment_yaml(row: Mapping[str, Any]) -> str:
    """Return a fragment as a YAML list of one item, its content cut to 100 characters."""
    import yaml

    shown = {**row, "content": truncate_string(row["content"], SHOWN_LENGTH)}
    text: str = yaml.dump([shown], Dumper=_dumper(), sort_keys=False, width=float("inf"))
    return text


@cache
def _dumper() -> type[yaml.SafeDumper]:
    import yaml

    class BlockDumper(yaml.SafeDumper):
        """Writes texts of several lines as such, where YAML permits."""

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)

    BlockDumper.add_representer(str, represent)
    return BlockDumper
