from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import llm
from llm.cli.commands.fragments import fragments
from llm.core.attachments import Attachment
from llm.core.fragments import Fragment
from llm.store.database import open_log_database
from tests.cli.reporting import reporting
from tests.registry.stand_ins import only_these_plugins, plugin

reporting(fragments)


def run(*arguments: str, input: str | None = None) -> Result:  # noqa: A002 - the name in Click's runner
    return CliRunner().invoke(fragments, arguments, input=input)


@pytest.fixture(autouse=True)
def _plugin() -> Iterator[None]:
    def _noted(argument: str) -> Fragment:
        """Notes

        of mine
        """
        return Fragment(argument, "s")

    _noted.__doc__ = "\n    Notes\n\n      of mine\n    "

    def register_fragment_loaders(register: Any) -> None:
        register("note", _noted)
        register("two", lambda argument: [Fragment("first", "1"), Fragment(argument, "2")])
        register("empty", lambda _: [])
        register("picture", lambda _: Attachment(type="image/png", content=b"x"))

    with only_these_plugins() as register:
        register(plugin("p", register_fragment_loaders=register_fragment_loaders))
        yield


@pytest.fixture
def add(user_path: Path) -> Iterator[Callable[..., None]]:
    """The function that puts a fragment with aliases into the user's log."""
    with closing(open_log_database(user_path / "logs.db")) as conn:

        def insert(digest: str, content: str | None, at: str, source: str | None, *aliases: str) -> None:
            found = conn.execute(
                "INSERT INTO fragments (hash, content, datetime_utc, source) VALUES (?, ?, ?, ?)",
                (digest, content, at, source),
            ).lastrowid
            for alias in aliases:
                conn.execute("INSERT INTO fragment_aliases (alias, fragment_id) VALUES (?, ?)", (alias, found))
            conn.commit()

        yield insert


@pytest.fixture
def _three(add: Callable[..., None]) -> None:
    add("hash1", "1", "2023-10-01T00:00:00Z", "file1.txt", "f1", "other")
    add("hash2", "2", "2022-10-01T00:00:00Z", "file2.txt")
    add("hash3", "line\n100% é", "2024-10-01T00:00:00Z", None, "f_3")


def hashes(*arguments: str) -> list[str]:
    return [row["hash"] for row in json.loads(run("list", "--json", *arguments).output)]


@pytest.mark.usefixtures("_three")
@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_list(arguments: tuple[str, ...]) -> None:
    """A YAML list, oldest first."""
    assert run(*arguments).output == (
        "- hash: hash2\n  aliases: []\n  datetime_utc: '2022-10-01T00:00:00Z'\n  source: file2.txt\n  content: '2'\n"
        "- hash: hash1\n  aliases:\n  - f1\n  - other\n  datetime_utc: '2023-10-01T00:00:00Z'\n  source: file1.txt\n"
        "  content: '1'\n"
        "- hash: hash3\n  aliases:\n  - f_3\n  datetime_utc: '2024-10-01T00:00:00Z'\n  source: null\n"
        '  content: "line\\n100% \\xE9"\n'
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: b\nc", "|-\n    a: b\n    c"),
        ("from stdin\n", "|\n    from stdin"),
        ("trail  \nx\n", '"trail  \\nx\\n"'),
        ("word " * 20, "'" + "word " * 20 + "'"),
        ("word " * 21, ("word " * 21)[:97] + "..."),
        ("\x1b[31m", '"\\e[31m"'),
        (None, "null"),
    ],
)
def test_content_in_list(add: Callable[..., None], content: str | None, expected: str) -> None:
    """Lines stay lines where YAML permits, nothing is folded, and more than 100 characters are cut."""
    add("h", content, "2019", "yes")
    assert run().output == (
        f"- hash: h\n  aliases: []\n  datetime_utc: '2019'\n  source: 'yes'\n  content: {expected}\n"
    )


@pytest.mark.usefixtures("_three")
def test_json() -> None:
    """An array with everything, indented by four."""
    found = json.loads(run("--json").output)
    assert found[1] == {
        "hash": "hash1",
        "aliases": ["f1", "other"],
        "datetime_utc": "2023-10-01T00:00:00Z",
        "source": "file1.txt",
        "content": "1",
    }
    assert run("--json").output == json.dumps(found, indent=4) + "\n"
    assert run("--json", "-q", "nope").output == "[]\n"


def test_empty_list() -> None:
    """No fragments, no output."""
    assert run().output == ""
    assert run("--json").output == "[]\n"


@pytest.mark.usefixtures("_three")
@pytest.mark.parametrize(
    ("queries", "expected"),
    [
        (("hash1",), ["hash1"]),
        (("hash",), []),
        (("f1",), ["hash1"]),
        (("FILE",), ["hash2", "hash1"]),
        (("file", "2"), ["hash2"]),
        (("%",), ["hash3"]),
        (("_",), []),
        (("f_3",), ["hash3"]),
        (("line\n100%",), ["hash3"]),
    ],
)
def test_query(queries: tuple[str, ...], expected: list[str]) -> None:
    """Each query is a hash, an alias, or occurs in source or content as it is, case aside."""
    assert hashes(*(word for query in queries for word in ("-q", query))) == expected


@pytest.mark.usefixtures("_three")
def test_query_keeps_aliases() -> None:
    """A fragment found by one alias is shown with all of them."""
    assert json.loads(run("-q", "f1", "--json").output)[0]["aliases"] == ["f1", "other"]


@pytest.mark.usefixtures("_three")
def test_only_aliases() -> None:
    """--aliases leaves out fragments without one."""
    assert hashes("--aliases") == ["hash1", "hash3"]


def test_order_of_aliases(tmp_path: Path) -> None:
    """The aliases of a fragment are listed in alphabetical order, whenever they were set."""
    (tmp_path / "a.txt").write_text("A")
    for alias in ("b", "c", "a"):
        run("set", alias, str(tmp_path / "a.txt"))
    assert [row["aliases"] for row in json.loads(run("--json").output)] == [["a", "b", "c"]]


def test_set(user_path: Path, tmp_path: Path) -> None:
    """A fragment is stored once, with its source; an alias can be moved, and the fragment stays.

    Of several fragments that a loader gives the first counts.
    """
    (tmp_path / "a.txt").write_text("A")
    for arguments in (("x", str(tmp_path / "a.txt")), ("y", str(tmp_path / "a.txt")), ("x", "two:B")):
        result = run("set", *arguments)
        assert (result.exit_code, result.output) == (0, "")
    with closing(sqlite3.connect(user_path / "logs.db")) as conn:
        rows = conn.execute(
            "SELECT content, source, alias FROM fragments LEFT JOIN fragment_aliases ON fragment_id = id"
        )
        assert sorted(rows) == [("A", str(tmp_path.resolve() / "a.txt"), "y"), ("first", "1", "x")]


def test_set_stdin() -> None:
    """`-` is standard input."""
    assert run("set", "x", "-", input="piped\n").exit_code == 0
    assert run("show", "x").output == "piped\n\n"


@pytest.mark.parametrize("command", [("set", "x"), ("show",)])
@pytest.mark.parametrize("name", ["nope", "zz:1", "empty:", "picture:1", "."])
def test_not_found(command: tuple[str, ...], name: str) -> None:
    """What cannot be found, or is no text, is an error that names it, and nothing is stored."""
    result = run(*command, name)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert name.rstrip("1").rstrip(":") in result.stderr
    assert hashes() == []


@pytest.mark.parametrize("arguments", [("set", "a b", "note:x"), ("set", "a:b", "note:x"), ("remove", "é")])
def test_bad_alias(arguments: tuple[str, ...]) -> None:
    """An alias has only letters, digits, - and _."""
    assert run(*arguments).exit_code == 2


def test_show() -> None:
    """The text of anything -f takes, and a newline; nothing is stored."""
    assert run("show", "note:hi").output == "hi\n"
    assert hashes() == []
    run("set", "n", "note:hi")
    assert run("show", "n").output == "hi\n"
    assert run("show", llm.Fragment("hi").id()).output == "hi\n"


def test_remove() -> None:
    """The alias goes and the fragment stays; an unknown alias is no error."""
    run("set", "n", "note:hi")
    for _ in range(2):
        result = run("remove", "n")
        assert (result.exit_code, result.output) == (0, "")
    assert run("show", "n").exit_code == 1
    assert json.loads(run("--json").output)[0]["aliases"] == []


def test_loaders() -> None:
    """Each prefix with its docstring or `Undocumented`, blank lines between them; that there are none is said."""
    assert run("loaders").output == (
        "note:\n  Notes\n\n    of mine\n\ntwo:\n  Undocumented\n\nempty:\n  Undocumented\n\npicture:\n  Undocumented\n"
    )
    with only_these_plugins():
        assert run("loaders").output == "No fragment loaders found\n"
