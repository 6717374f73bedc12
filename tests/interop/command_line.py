"""What a compared command line is, and a group of them.

`improves` names the weak spot of 0.36 that makes a line differ on purpose, by the page of the contract and its number,
and says what the program does instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One command line; a `fresh` one runs in a process of its own, which starts with the environment."""

    words: tuple[str, ...]
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    improves: str = ""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that run one after the other in one directory; `tables_differ` says why their tables may.

    In words, environments and files, `{server}` is the address of the server of the comparison.
    """

    name: str
    lines: tuple[Line, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    user_files: Mapping[str, str] = field(default_factory=dict)
    tables_differ: str = ""


def llm(*words: str, **named: Any) -> Line:
    """Make a line."""
    return Line(words, **named)


def say(*words: str, **named: Any) -> Line:
    """Make a line that prompts the model of the plugin."""
    return Line(("-m", "say", *words), **named)


def calls(name: str, **arguments: Any) -> str:
    """Make a prompt that has a tool called."""
    return json.dumps({"calls": [{"name": name, "arguments": arguments}]})


PNG = "\udc89PNG\r\n\x1a\n123456"
FILES = {"frag.txt": "frag text\n", "p.png": PNG, "code.py": "def twice(n: int) -> int:\n    return n * 2\n"}
SCHEMA_FILE = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}})
TEMPLATES = {
    "templates/sum.yaml": 'prompt: "Sum: $input"\n',
    "templates/boo.yaml": 'prompt: "boo"\n',
    "templates/full.yaml": (
        'system: "sys $name"\ndefaults:\n  name: Bob\nmodel: say\nfragments: [frag.txt]\n'
        "schema_object: {type: object, properties: {a: {type: string}}}\noptions: {temperature: 0.5}\n"
    ),
    "templates/var.yaml": 'prompt: "x $who"\n',
    "templates/sys.yaml": 'system: "only"\n',
    "templates/extract.yaml": 'extract: true\nprompt: "{\\"text\\": \\"```\\\\ncode\\\\n```\\"}"\n',
    "templates/tools.yaml": "tools: [upper]\nprompt: hi\n",
}
