"""How `llm schemas` shows the schemas that were used."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from textwrap import indent
from typing import Any

from llm.core.schemas import schema_summary


def schema_lines(row: Mapping[str, Any], *, full: bool) -> Iterator[str]:
    """Yield the lines for a schema, an item of a YAML list: what it looks like (`full`: all of it), and its use."""
    content = json.dumps(row["content"], indent=2) if full else schema_summary(row["content"])
    yield f"- id: {row['id']}"
    yield f"  {'schema' if full else 'summary'}: |"
    yield indent(content, "    ") if content else "    "
    yield "  usage: |"
    times = row["times_used"]
    yield f"    {times} time{'' if times == 1 else 's'}, most recently {row['recently_used']}"
