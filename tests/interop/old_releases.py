"""Shows that databases of old releases are migrated, listed and continued as the released LLM 0.36 does.

    python -m tests.interop.old_releases RELEASED [FOLDER]
    python -m tests.interop.old_releases dump RELEASE FOLDER

RELEASED is an interpreter with `llm==0.36`. Each old release is installed into a virtual environment of its own below
FOLDER (kept for the next run; a temporary directory by default), makes a database with a stub plugin by running
commands, and is used as a black box only. Both programs then
migrate a copy, list it and continue conversations in it.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

RELEASES = ("0.10", "0.18", "0.23", "0.26", "0.28", "0.31")

#: A model of the plugin that every release loads. It calls the tools that it is told to, as far as the release has any.
PLUGIN = """
import json
import llm

class Stub(llm.Model):
    model_id = "stub"
    can_stream = True
    attachment_types = {"image/png", "text/plain"}
    supports_tools = True
    supports_schema = True

    class Options(llm.Options):
        temperature: float = None

    def execute(self, prompt, stream, response, conversation=None):
        text = prompt.prompt
        if getattr(prompt, "tools", None) and not prompt.tool_results:
            for number, tool in enumerate(prompt.tools):
                response.add_tool_call(llm.ToolCall(tool.name, {"text": "hi"}, "call-%d" % number))
        if hasattr(response, "set_usage"):
            response.set_usage(input=len(text), output=3, details={"cached": {"n": 1}})
        response.response_json = {"raw": text}
        if getattr(prompt, "schema", None):
            yield json.dumps({"name": text})
        else:
            yield "answer to "
            yield text

@llm.hookimpl
def register_models(register):
    register(Stub())

if hasattr(llm, "Tool"):
    def shout(text: str) -> str:
        "Make it loud"
        return text.upper()

    def fail(text: str) -> str:
        "Never works"
        raise ValueError("no luck")

    class Box(llm.Toolbox):
        def __init__(self, root: str = "/"):
            self.root = root
        def look(self, text: str) -> str:
            "Look at it"
            return self.root + text

    class Plain:
        pass

    @llm.hookimpl
    def register_tools(register):
        register(shout)
        register(fail)
        register(Box)
"""


class Step(NamedTuple):
    """A command that a database is made with."""

    words: tuple[str, ...]
    since: tuple[int, int] = (0, 10)


STEPS = (
    Step(("-m", "stub", "Ten names for a pelican", "-s", "be brief", "-o", "temperature", "0.5")),
    Step(("-c", "now for a whale")),
    Step(("-m", "stub", "a picture", "-a", "picture.png"), (0, 17)),
    Step(("-m", "stub", "Anna", "--schema", "name, age int"), (0, 23)),
    Step(("-m", "stub", "summarise", "-f", "first.txt", "-f", "second.txt", "--sf", "second.txt"), (0, 24)),
    Step(("-m", "stub", "loud please", "-T", "shout", "-T", "fail"), (0, 26)),
    Step(("-c", "and again"), (0, 26)),
    Step(("-m", "stub", "look there", "-T", 'Box("/root/")'), (0, 26)),
    Step(("-m", "stub", "the last one of all")),
    Step(("-c", "with a second turn")),
)  # fmt: skip
_UNDECLARED = ("requests", "setuptools", "httpx")  #: what old releases import without saying so
_LISTINGS = (
    ("-n", "0", "--json"),
    ("-n", "0", "--json", "--expand"),
    ("-n", "0", "-u"),
    ("-n", "0", "-s", "-u"),
    ("-q", "pelican", "--json"),
    ("-c", "--json"),
    ("-m", "stub", "-n", "2", "-t", "--json"),
    ("--tools", "--json"),
    ("-T", "shout", "--json"),
    ("--schema", "name, age int", "--data"),
)


def environment_of(release: str, folder: Path) -> Path:
    """Return the directory of a virtual environment with this release, made if it is not there."""
    path = folder / f"v{release}"
    if not (path / "bin" / "llm").exists():
        subprocess.run([sys.executable, "-m", "venv", path], check=True)
        subprocess.run([path / "bin" / "pip", "install", "--quiet", f"llm=={release}", *_UNDECLARED], check=True)
    return path


def make_database(release: str, environment: Path, folder: Path) -> Path:
    """Let a release fill a user directory below `folder`, and return its log database."""
    _install_plugin(folder)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(16))
    (folder / "first.txt").write_text("The first text", encoding="utf-8")
    (folder / "second.txt").write_text("The second text", encoding="utf-8")
    version = tuple(int(number) for number in release.split("."))
    for step in STEPS:
        if version >= step.since:
            run(environment / "bin" / "llm", *step.words, folder=folder)
    return folder / "user" / "logs.db"


def run(program: Path, *words: str, folder: Path) -> str:
    """Run a command of one of the programs in the folder and return what it printed."""
    settings = {**os.environ, "LLM_USER_PATH": str(folder / "user"), "PYTHONPATH": str(folder / "plugin")}
    done = subprocess.run(
        [program, *words], cwd=folder, env=settings, input="", capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{program} {' '.join(words)}: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout


def differences(released: Path, release: str, folder: Path, environments: Path) -> Iterator[str]:
    """Yield a line for each difference in what the two programs make of the database of a release."""
    made = folder / "made"
    made.mkdir()
    make_database(release, environment_of(release, environments), made)
    programs = {"ours": Path(sys.executable).with_name("llm"), "released": released.with_name("llm")}
    found: dict[str, list[Any]] = {}
    for name, program in programs.items():
        shutil.copytree(made, folder / name)
        found[name] = [_attempted(program, ("logs", "list", *listing), folder / name) for listing in _LISTINGS]
        run(program, "-c", "continued", folder=folder / name)
        found[name].append([_attempted(program, ("--cid", cid, "once more"), folder / name) for cid in _ids(made)[:1]])
        found[name].append(_chain(folder / name))
    for what, ours, theirs in zip([*_LISTINGS, ("--cid",), ("its chains",)], *found.values(), strict=True):
        if ours != theirs:
            yield f"{release}: {' '.join(what)}: ours {ours!r}, released {theirs!r}"
    count = len(json.loads(found["ours"][0]))
    if count < len([step for step in STEPS if step.since <= tuple(int(n) for n in release.split("."))]):
        yield f"{release}: only {count} rows"
    yield from _cross_reading(programs, folder)
    for cid in _ids(made)[1:]:  # attachments and exceptions of tools, which 0.36 does not bring along, and all tools
        run(programs["ours"], "--cid", cid, "once more", folder=folder / "ours")


def dump(database: Path) -> Iterator[str]:
    """Yield the statements that make a database like this one; `tests/store/databases` has some of them."""
    with closing(sqlite3.connect(database)) as conn:
        shadows = [
            f"{name}_" for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%USING FTS%'")
        ]
        entries = [
            entry
            for entry in conn.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
            if not entry[1].startswith(("sqlite_", *shadows)) or entry[0] == "trigger"
        ]
        for kind, name, sql in entries:
            yield f"{sql};\n"
            if "USING FTS" in sql:
                yield f"INSERT INTO {name} ({name}) VALUES ('rebuild');\n"
            elif kind == "table":
                yield from _inserts(conn, name)


def _inserts(conn: sqlite3.Connection, table: str) -> Iterator[str]:
    columns = [row[1] for row in conn.execute(f'PRAGMA table_info("{table}")')]
    quoted = " || ', ' || ".join(f'quote("{column}")' for column in columns)
    for (values,) in conn.execute(f'SELECT {quoted} FROM "{table}" ORDER BY rowid'):
        yield f'INSERT INTO "{table}" VALUES ({values});\n'


def _attempted(program: Path, words: tuple[str, ...], folder: Path) -> str:
    try:
        return run(program, *words, folder=folder)
    except RuntimeError:
        return "it fails"


def _ids(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "user" / "logs.db")) as conn:
        return [found for (found,) in conn.execute("SELECT id FROM conversations ORDER BY id")]


def _chain(folder: Path) -> list[Any]:
    """Return the messages of the conversation that was continued."""
    with closing(sqlite3.connect(folder / "user" / "logs.db")) as conn:
        return conn.execute(
            "SELECT hash, parent_hash, role, type, text, payload FROM messages JOIN parts ON message_hash = hash "
            "ORDER BY messages.rowid, position"
        ).fetchall()


def _cross_reading(programs: dict[str, Path], folder: Path) -> Iterator[str]:
    """Compare what the programs list of the database that ours has migrated and continued."""
    listings = [run(program, "logs", "-n", "0", "--json", folder=folder / "ours") for program in programs.values()]
    if listings[0] != listings[1]:
        yield f"after ours has continued it, the listings differ: {listings}"


def _install_plugin(folder: Path) -> None:
    metadata = folder / "plugin" / "llm_stub-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-stub\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[llm]\nstub = llm_stub\n", encoding="utf-8")
    (folder / "plugin" / "llm_stub.py").write_text(PLUGIN, encoding="utf-8")


def main() -> None:
    """Print the differences and exit with 1 if there are any; or print the SQL of a release's database."""
    if sys.argv[1] == "dump":
        with tempfile.TemporaryDirectory() as name:
            environment = environment_of(sys.argv[2], Path(sys.argv[3]))
            sys.stdout.writelines(dump(make_database(sys.argv[2], environment, Path(name))))
        return
    found = 0
    with tempfile.TemporaryDirectory() as name:
        environments = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(name)
        for release in RELEASES:
            folder = Path(name) / release
            folder.mkdir()
            for line in differences(Path(sys.argv[1]), release, folder, environments):
                print(line, flush=True)
                found += 1
            print(f"{release}: compared", flush=True)
    print(f"{found or 'No'} differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
