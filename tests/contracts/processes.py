"""Running a fresh interpreter and asking what it loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

MARK = "modules:"
_REPORT = f"import sys, json; sys.stderr.write('\\n{MARK}' + json.dumps(sorted(sys.modules)))"


def llm_command() -> str:
    """The path of the installed command `llm`."""
    return str(Path(sysconfig.get_path("scripts")) / ("llm.exe" if os.name == "nt" else "llm"))


def modules_after(code: str, *, command: bool = False) -> set[str]:
    """The modules that a fresh process holds after running `code`, or after the command line `llm CODE`.

    `json`, which the report needs, is not counted.
    """
    if command:
        words = json.dumps(code.split())
        code = (
            f"import sys; sys.argv = ['/usr/bin/llm', *{words}]\n"
            "from llm.cli import cli\n"
            "try:\n    cli()\n"
            f"finally:\n    {_REPORT}"
        )
    else:
        code = f"{code}\n{_REPORT}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    _, mark, report = ran.stderr.rpartition(MARK)
    assert mark, ran.stderr
    bare = subprocess.run([sys.executable, "-c", f"pass\n{_REPORT}"], capture_output=True, text=True, check=True)
    return set(json.loads(report)) - set(json.loads(bare.stderr.rpartition(MARK)[2]))
