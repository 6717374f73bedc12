"""Runs commands and programs with whichever `llm` its interpreter has, each in a child of one process that imported it.

    python forking_side.py MODULE < requests

A request is a line of JSON with `words` or `program`, `stdin`, `environment` and the files for its output; the answer
is a line with the exit code. So hundreds of commands cost one start of the program. A traceback is shortened to one
line: the comparison needs its presence, not the code it quotes.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from typing import Any


def run(request: dict[str, Any]) -> int:
    """Do one request in a child and return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        _redirect(request)
        code = _program(request["program"]) if "program" in request else _command(request["words"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(request: dict[str, Any]) -> None:
    os.environ.update(request["environment"])
    with tempfile.TemporaryFile() as given:
        given.write(request["stdin"].encode("utf-8", "surrogateescape"))
        given.seek(0)
        os.dup2(given.fileno(), 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        target = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(target, number)


def _command(words: list[str]) -> int:
    import llm.cli

    sys.argv = ["llm", *words]
    try:
        llm.cli.cli.main(args=words, prog_name="llm")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException as error:
        print(f"Traceback: {type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _program(code: str) -> int:
    import program_tools  # type: ignore[import-not-found]

    namespace = {**vars(program_tools), "__name__": "__main__"}
    try:
        exec(compile(code, "program", "exec"), namespace)
    except BaseException as error:
        print("ended by", program_tools.described(error))
        return 1
    return 0


def main() -> None:
    """Answer the requests on standard input."""
    importlib.import_module(sys.argv[1])
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    for line in requests:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
