"""Runs some 700 command lines through this program and through the released LLM 0.36, and prints what differs.

    python -m tests.interop.compare_commands [PYTHON [GROUP...]]

PYTHON is an interpreter with `llm==0.36`; without it a virtual environment is made for the occasion.

Each group of `command_lines` starts with the same files on both sides. After each command the output, the kind of what
is on standard error, the exit code, the files and the requests to a server that stands for OpenAI are compared; at the
end of a group the tables. Ids, times, versions and folders are masked. A line may name the weak spot of 0.36 that it
improves; then it has to differ. Needs fork.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.interop.command_line import Group, Line
from tests.interop.command_lines import GROUPS
from tests.interop.compared_provider import Provider
from tests.interop.sides import Outcome, Side, show


def compare(group: Group, ours: Side, released: Side, server: Provider) -> Iterator[str]:
    """Yield what is not as the group says."""
    for side in (ours, released):
        side.prepare(_addressed(group.files, server), _addressed(group.user_files, server))
    server.taken()
    for line in group.lines:
        mine, asked = _run(line, ours, server)
        theirs, asked_theirs = _run(line, released, server)
        found = mine.differences(theirs)
        if asked != asked_theirs:
            found["requests"] = (asked, asked_theirs)
        if found and not line.improves:
            yield _report(line, found, mine, theirs)
        if line.improves and not found:
            yield f"llm {' '.join(line.words)}: does not differ, but is said to improve {line.improves}"
    mine_rows, their_rows = ours.tables(), released.tables()
    for name, rows in their_rows.items():
        if mine_rows.get(name) != rows and not group.tables_differ:
            yield _table_report(group, name, mine_rows.get(name, []), rows)


def _run(line: Line, side: Side, server: Provider) -> tuple[Outcome, list[Any]]:
    """Run one line; return what came of it and what the server was asked."""
    environment = _addressed(line.environment, server)
    words = [word.replace("{server}", server.url) for word in line.words]
    request = {"words": words, "stdin": line.stdin.replace("{server}", server.url), "environment": environment}
    outcome = side.run(request, starting_with=environment if line.fresh else None)
    return outcome, server.taken()


def _addressed(texts: Mapping[str, str], server: Provider) -> dict[str, str]:
    return {name: text.replace("{server}", server.url) for name, text in texts.items()}


def _report(line: Line, found: dict[str, tuple[Any, Any]], mine: Outcome, theirs: Outcome) -> str:
    text = [f"llm {' '.join(line.words)!r}" + (f" < {line.stdin!r}" if line.stdin else "")]
    for name, (ours, released) in found.items():
        if name == "files":
            text += [
                f"  {each}: {ours.get(each)!r}, released: {released.get(each)!r}" for each in _unlike(ours, released)
            ]
            continue
        text += [f"  {name}", f"    ours:     {str(ours)[:1500]!r}", f"    released: {str(released)[:1500]!r}"]
    text += [f"  stderr ours: {mine.stderr[:300]!r}", f"  stderr released: {theirs.stderr[:300]!r}"]
    return "\n".join(text)


def _unlike(ours: dict[str, str], released: dict[str, str]) -> list[str]:
    return sorted(name for name in {*ours, *released} if ours.get(name) != released.get(name))


def _table_report(group: Group, name: str, mine: list[str], theirs: list[str]) -> str:
    lines = [f"group {group.name}: table {name}: {len(mine)} and {len(theirs)} rows"]
    lines += [f"    only ours:     {row[:600]}" for row in mine if row not in theirs][:4]
    lines += [f"    only released: {row[:600]}" for row in theirs if row not in mine][:4]
    return "\n".join(lines)


def differences(released: Path, folder: Path, names: list[str]) -> Iterator[str]:
    """Yield a text for each thing that differs and is not a listed improvement."""
    with (
        Side(Path(sys.executable), _new(folder / "ours")) as ours,
        Side(released, _new(folder / "released")) as other,
        closing(Provider()) as server,
    ):
        for group in GROUPS:
            if not names or group.name in names:
                yield from compare(group, ours, other, server)


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def main() -> None:
    """Print the differences and the deliberate ones; exit with 1 if there are any others."""
    found = show(differences)
    lines = [line for group in GROUPS for line in group.lines]
    improved = [line for line in lines if line.improves]
    print(f"{len(lines)} command lines, {len(improved)} improve on 0.36, {found or 'no'} other differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
