"""The command lines of the comparison with LLM 0.36, in groups that start with files of their own.

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
    """One command line."""

    words: tuple[str, ...]
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    improves: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that run one after the other in one directory; `tables_differ` says why their tables may."""

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

PROMPTS = Group(
    "prompts",
    (
        say("hi", "-s", "sys"),
        say(stdin="piped\n"),
        say("arg", stdin="piped\n"),
        say("hi", "--no-stream"),
        say("hi", "--async"),
        say("hi", "-o", "temperature", "0.5", "-o", "loud", "1"),
        say("hi", "-o", "foo", "bar"),
        say("hi", "-o", "temperature", "warm"),
        say("hi", "-u"),
        say("hi", "-n"),
        say("hi", "-n", "--log"),
        say('{"think": 1}', "hi"),
        say('{"think": 1}'),
        say('{"think": 1}', "-R"),
        say('{"text": "a\\n```py\\nx = 1\\n```\\nb\\n```\\ny\\n```"}', "-x"),
        say('{"text": "a\\n```py\\nx = 1\\n```\\nb\\n```\\ny\\n```"}', "--xl"),
        llm("-q", "sa", "hi"),
        llm("-q", "nothing-like-it", "hi"),
        llm("-m", "nothing-like-it", "hi"),
        llm("-m", "talk", "hi"),
        llm("hi", environment={"LLM_MODEL": "say"}),
        llm("prompt", "hi", "-m", "say"),
        llm("-m", "locked", "hi"),
        llm("-m", "locked", "hi", "--key", "12345"),
        llm("-m", "locked", "hi", environment={"LOCK_KEY": "123"}),
        say("--nope"),
        say("hi", "-d", "other.db"),
        say("--options"),
        say('{"fail": 1}'),
        llm("--version"),
        llm("nothing", "-m", "say"),
        llm("greet"),
    ),
    FILES,
)
CONVERSATIONS = Group(
    "conversations",
    (
        say("one", "-s", "be terse"),
        llm("-c", "two"),
        llm("-c", "three", "-o", "loud", "1"),
        llm("logs", "-c"),
        say("another"),
        llm("-c", "and on"),
        llm("-c", "with the other", "-m", "locked", "--key", "1"),
        say("--cid", "nothing", "again"),
        llm("logs", "-n", "0"),
    ),
)
ATTACHMENTS = Group(
    "attachments and fragments",
    (
        say("hi", "-f", "frag.txt"),
        say("hi", "-f", "frag.txt", "--sf", "frag.txt", "-s", "sy"),
        say("hi", "-f", "frag:one"),
        say("hi", "-f", "frag:none"),
        say("hi", "-f", "nothing"),
        say("hi", "-f", "unknown:thing"),
        say("hi", "-a", "p.png"),
        say("hi", "-a", "nothing.png"),
        say("hi", "-a", "code.py"),
        say("hi", "--at", "frag.txt", "text/plain"),
        say("hi", "-a", "-", stdin="\udc89PNG\r\n\x1a\n123456"),
        llm("fragments", "set", "mine", "frag.txt"),
        llm("fragments"),
        llm("fragments", "list", "-q", "mine"),
        llm("fragments", "list", "--json"),
        llm("fragments", "show", "mine"),
        llm("fragments", "show", "nothing"),
        llm("fragments", "loaders"),
        say("hi", "-f", "mine"),
        llm("fragments", "remove", "mine"),
        llm("logs", "-f", "frag.txt", "--short"),
        llm("logs", "-n", "2", "-e"),
    ),
    FILES,
)
STANDARD_INPUT = Group(
    "standard input",
    (
        say("hi", "-f", "-", stdin="stdin frag", improves="cli-run W1: standard input is the fragment"),
        say("hi", "-f", "frag:two"),
        say("hi", "-a", "-", improves="cli-run W6: nothing on standard input is an error that says so"),
    ),
    tables_differ="cli-run W1: the fragment is in the prompt, and not the text before it",
)
TEMPLATE_GROUP = Group(
    "templates",
    (
        say("-t", "sum", "hello"),
        say("-t", "sum", "hello", stdin="in\n"),
        say("-t", "boo", "hello"),
        say("-t", "boo"),
        say("-t", "sum", "-t", "boo", "arg"),
        say("-t", "boo", "-t", "sum", "arg"),
        llm("-t", "full", "hey"),
        llm("-t", "full", "-p", "name", "Jo", "hey"),
        say("-t", "var", "hey"),
        say("-t", "var", "-p", "who", "me", "hey"),
        say("-t", "sys", "hey"),
        say("-t", "extract", "hey"),
        say("-t", "tools", "hey"),
        say("-t", "tpl:one", "hey"),
        say("-t", "tpl:none", "hey"),
        say("-t", "nothing", "hey"),
        say("-t", "nowhere:x", "hey"),
        llm("templates"),
        llm("templates", "show", "full"),
        llm("templates", "show", "nothing"),
        llm("templates", "path"),
        llm("templates", "loaders"),
        say("prompt $x", "--save", "a", "-s", "sys", "-p", "x", "1", "-o", "temperature", "0.5"),
        llm("say $x", "--save", "b", "--schema", "name, age int", "-f", "frag.txt", "-T", "upper", "-x"),
        llm("--save", "c", "-t", "boo"),
        say("-t", "a", "-p", "x", "3"),
        llm("-p", "foo", "bar", "hey", "-m", "say"),
    ),
    FILES,
    TEMPLATES,
)
SAVING = Group(
    "saving templates",
    (
        llm("--save", "../d", "arg", improves="cli-run W23: a name that leaves the folder is refused"),
        llm("hey", "--save", "e", environment={"LLM_MODEL": "say"}, improves="cli-run W27: LLM_MODEL is not saved"),
        llm("hey", "--save", "sub/e", improves="cli-run W23: likewise, where 0.36 ends in a traceback"),
        llm("--save", "f", "-T", "nothing-such", "hey"),
    ),
)
SCHEMAS = Group(
    "schemas",
    (
        say("hi", "--schema", "name, age int"),
        say("hi", "--schema", "name: the name\nage int: years"),
        say("hi", "--schema-multi", "name, age int"),
        say("hi", "--schema", "s.json"),
        say("hi", "--schema", "t:full"),
        say("hi", "--schema", "t:boo"),
        say("hi", "--schema", "t:nothing"),
        say("hi", "--schema", "nothing-such"),
        say("hi", "--schema", '{"type": "object"}'),
        llm("schemas", "dsl", "name, age int, bio: short"),
        llm("schemas", "dsl", "name, age int", "--multi"),
        llm("schemas", improves="cli-manage 1, logs 11: schemas of prompts since the new tables are listed"),
        llm("schemas", "show", "nothing"),
        llm("logs", "--schema", "name, age int", "--data"),
        llm("logs", "--schema", "name, age int", "--data-array"),
        llm("logs", "--schema", "nothing-such", "--data"),
    ),
    {"s.json": SCHEMA_FILE},
    TEMPLATES,
)
TOOL_GROUP = Group(
    "tools",
    (
        llm("tools"),
        llm("tools", "list", "--json"),
        llm("tools", "list", "upper"),
        say("-T", "upper", calls("upper", text="abc")),
        say("-T", "upper", "--td", calls("upper", text="abc")),
        say("-T", "failing", calls("failing")),
        say("-T", "upper", calls("missing")),
        say("-T", "Box", calls("Box_add", n=2)),
        say("-T", "Box(5)", calls("Box_add", n=2)),
        say("-T", 'Box({"start": 7})', calls("Box_add", n=2)),
        say("-T", "nothing", "hey"),
        say("-T", "Box(", "hey", improves="cli-run W9: exit 1 with the spec and the cause"),
        say("--functions", "code.py", calls("twice", n=4)),
        say("--functions", "def one() -> int:\n    return 1", calls("one")),
        say("--functions", "def f(: pass", "hey"),
        say("--functions", "1/0", "hey", improves="cli-run W9: an error in the code is reported"),
        say("-T", "upper", "--cl", "1", calls("upper", text="abc")),
        say("-T", "upper", "hey", "--async"),
        say("-T", "upper", "-T", "failing", "hey", "-u"),
        llm("-c", "more"),
        llm("logs", "-n", "1", "--json"),
        llm("logs", "-T", "upper", "--short"),
        llm("logs", "--tools", "--short"),
        llm("logs", "-n", "3"),
        say("-T", "llm_version", "hey", environment={"LLM_TOOLS_DEBUG": "1"}),
    ),
    FILES,
    tables_differ="cli-run W17: the first round of a chain that ended at its limit is kept",
)
LOGS = Group(
    "logs",
    (
        llm("logs", "status", improves="cli-manage 21: the state is shown without a database, too"),
        llm("logs"),
        say("first pelican", "-s", "sys"),
        say("second walrus", "-o", "temperature", "0.5"),
        llm("-c", "third pelican"),
        llm("-m", "locked", "fourth", "--key", "1"),
        llm("logs"),
        llm("logs", "-n", "1"),
        llm("logs", "-n", "0", "--json"),
        llm("logs", "-s"),
        llm("logs", "-s", "-u"),
        llm("logs", "-r"),
        llm("logs", "-r", "-n", "2"),
        llm("logs", "-c"),
        llm("logs", "-q", "pelican"),
        llm("logs", "-q", "pelican", "-l"),
        llm("logs", "-q", "nothing"),
        llm("logs", "-m", "locked"),
        llm("logs", "-m", "nothing"),
        llm("logs", "-u", "-n", "1"),
        llm("logs", "-x", "-n", "1"),
        llm("logs", "-t", "-n", "1"),
        llm("logs", "--cid", "nothing"),
        llm("logs", "path"),
        llm("logs", "off"),
        llm("logs", "status"),
        say("not kept"),
        say("kept", "--log"),
        llm("logs", "on"),
        llm("logs", "backup", "copy.db"),
        llm("logs", "-d", "nothing.db"),
        llm("logs", "list", "--id-gt", "00000000000000000000000000", "-n", "1", "-s"),
    ),
)
SETTINGS = Group(
    "settings",
    (
        llm("keys"),
        llm("keys", "set", "lock", "--value", "1234"),
        llm("keys"),
        llm("keys", "get", "lock"),
        llm("keys", "get", "nothing"),
        llm("keys", "path"),
        llm("-m", "locked", "hi"),
        llm("-m", "locked", "hi", "--key", "lock"),
        llm("aliases", "set", "mine", "say"),
        llm("aliases", "set", "odd", "no-such-model"),
        llm("aliases", "set", "found", "-q", "sa"),
        llm("aliases", "list", "--json", improves="addition: the local models have aliases"),
        llm("aliases", "path"),
        llm("-m", "mine", "hi"),
        llm("aliases", "remove", "mine"),
        llm("aliases", "remove", "mine"),
        llm("models", "default"),
        llm("models", "default", "say"),
        llm("models", "default"),
        llm("hi from the default"),
        llm("models", "default", "no-such-model"),
        llm("models", "-q", "say"),
        llm("models", "-m", "say", "--options"),
        llm("models", "-m", "say", "--options", "--json"),
        llm("models", "--schemas", "-q", "say"),
        llm("models", "--tools", "-q", "locked"),
        llm("models", "options", "set", "say", "temperature", "0.3"),
        llm("models", "options", "set", "say", "temperature", "warm"),
        llm("models", "options"),
        llm("models", "options", "show", "say"),
        say("hi"),
        say("hi", "-o", "loud", "1"),
        llm("models", "options", "clear", "say", "temperature"),
        llm("models", "options", "clear", "say"),
        llm("plugins"),
        llm("plugins", "--hook", "register_tools"),
        llm("plugins", "--hook", "nothing"),
        llm("openai", "--help", "--nothing"),
        llm("no-such", "thing", "at", "all"),
    ),
)
EMBEDDINGS = Group(
    "embeddings",
    (
        llm("embed-models", "-q", "lengths"),
        llm("embed", "-c", "four", "-m", "lengths"),
        llm("embed", "-c", "four", "-m", "len", "-f", "hex"),
        llm("embed", "-c", "four", "-m", "lengths", "-f", "base64"),
        llm("embed", "-m", "lengths", stdin="from stdin"),
        llm("embed", "-c", "four", improves="addition: a local model embeds when no default is set"),
        llm("embed", "-c", "four", "-m", "nothing"),
        llm("embed-models", "default", "lengths"),
        llm("embed-models", "default"),
        llm("embed", "words", "a", "-c", "four", "--store", "--metadata", '{"x": 1}'),
        llm("embed", "words", "b", "-i", "frag.txt"),
        llm("embed", "words", "d", "-i", "p.png", "--binary"),
        llm("embed-multi", "many", "items.json", "--store"),
        llm("embed-multi", "many", "items.csv", "--store", "--prefix", "csv-"),
        llm("embed-multi", "files", "--files", ".", "*.txt"),
        llm("similar", "many", "-c", "something"),
        llm("similar", "many", "a", "-n", "1"),
        llm("similar", "many", "-c", "x", "--prefix", "csv-", "-p"),
        llm("similar", "many", "nothing"),
        llm("similar", "nothing", "-c", "x"),
        llm("collections"),
        llm("collections", "list", "--json"),
        llm("collections", "path"),
        llm("collections", "delete", "words"),
        llm("collections", "delete", "words"),
        llm("embed-models", "default", "--remove-default"),
    ),
    {
        **FILES,
        "items.json": json.dumps([{"id": "a", "text": "alpha"}, {"id": "b", "text": "beta two"}]),
        "items.csv": "id,text\n1,one\n2,twenty\n",
    },
)
DAMAGED = Group(
    "damaged files",
    (
        llm("aliases", improves="cli-manage 5: one line that names the file"),
        llm("keys", improves="cli-manage 5: one line that names the file"),
        llm("keys", "set", "a", "--value", "b", improves="cli-manage 2: a damaged file is not overwritten"),
        say("-t", "empty", "hi", improves="cli-run W6: an empty template is invalid"),
        say("-t", "list", "hi", improves="cli-run W6: a template that is a list is invalid"),
        llm("templates", improves="cli-manage 15: templates that are none are skipped"),
    ),
    {},
    {
        "aliases.json": "{", "keys.json": "{",
        "templates/empty.yaml": "", "templates/list.yaml": "- 1\n", "templates/good.yaml": "prompt: hi\n",
    },
    tables_differ="cli-manage 5: 0.36 stops before it makes its tables",
)  # fmt: skip

GROUPS = (
    PROMPTS, CONVERSATIONS, ATTACHMENTS, STANDARD_INPUT, TEMPLATE_GROUP, SAVING, SCHEMAS, TOOL_GROUP, LOGS, SETTINGS,
    EMBEDDINGS, DAMAGED,
)  # fmt: skip
