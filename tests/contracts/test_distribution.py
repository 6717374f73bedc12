"""The installed distribution, as pip and the requirements of plugins see it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import distribution, version

from llm._version import __version__

#: what plugins import without declaring it, and what plugins of the first years build with
UNDECLARED = {
    "click", "click-default-group", "condense-json", "httpx", "httpx2", "numpy", "openai", "pip", "pluggy", "pydantic",
    "python-ulid", "pyyaml", "setuptools", "sqlite-utils",
}  # fmt: skip


def test_version_satisfies_plugins() -> None:
    """`llm` has a plain version of numbers, at least 0.36 and below 1: pre-releases would not satisfy `>=0.36`."""
    assert version("llm") == __version__
    assert re.fullmatch(r"0(\.\d+)+(\.post\d+)?", __version__)
    assert (0, 36) <= tuple(int(number) for number in __version__.split(".")[:2]) < (1,)


def test_command() -> None:
    """The console script `llm` is `llm.cli:cli`; it is the only one."""
    scripts = [point for point in distribution("llm").entry_points if point.group == "console_scripts"]
    assert [(point.name, point.value) for point in scripts] == [("llm", "llm.cli:cli")]


def test_undeclared_dependencies() -> None:
    """What plugins import without declaring it comes with `llm`, and not only with one of its extras."""
    required = [line for line in distribution("llm").requires or [] if "extra ==" not in line]
    names = {re.split(r"[^A-Za-z0-9_.-]", line)[0].lower().replace("_", "-") for line in required}
    assert UNDECLARED - names == set()


def test_python() -> None:
    """Python 3.10 is enough, as plugins are installed in environments of that age."""
    assert distribution("llm").metadata["Requires-Python"] == ">=3.10"


def test_module_as_command() -> None:
    """`python -m llm` is the command `llm`: the same commands, version and exit codes."""
    for words, exit_code in ((["--version"], 0), (["keys", "list"], 0), (["keys", "get", "nope"], 1), (["--nope"], 2)):
        as_module = _run("-m", "llm", *words)
        as_command = _run("-c", "from llm.cli import cli; cli(prog_name='llm')", *words)
        assert as_module.returncode == as_command.returncode == exit_code
        assert (as_module.stdout, as_module.stderr) == (as_command.stdout, as_command.stderr)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False)
