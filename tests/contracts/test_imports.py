"""The import contracts hold, and each would notice a fault."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import llm

ROOT = Path(__file__).parents[2]

#: contract -> a module and a line that breaks it
FAULTS = {
    "rings: imports point inwards": ("core/text.py", "import llm.engine.prompt"),
    "only the store knows SQLite": ("features/log_files.py", "import sqlite3"),
    "no click below cli and providers": ("engine/checks.py", "import click"),
    "only providers know httpx2": ("features/prompting.py", "import httpx2"),
    "only engine.host imports asyncio": ("engine/flow.py", "import asyncio"),
    "command modules do not know one another": ("cli/commands/keys.py", "import llm.cli.commands.models"),
    "no cycles among the children of a package": ("engine/prompt.py", "import llm.engine.model"),
    "only the faces run without an event loop": ("engine/flow.py", "import llm.engine.blocking"),
}


def lint(directory: Path) -> str:
    """Run import-linter on the package below `directory` and return what it printed."""
    shutil.copy(ROOT / "pyproject.toml", directory / "pyproject.toml")
    code = "from importlinter.cli import lint_imports; lint_imports(no_cache=True)"
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(directory)!r}); {code}"],
        cwd=directory, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def faulty_report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the package in which every contract is broken once."""
    directory = tmp_path_factory.mktemp("faulty")
    shutil.copytree(Path(llm.__file__).parent, directory / "llm", ignore=shutil.ignore_patterns("__pycache__"))
    for module, line in FAULTS.values():
        path = directory / "llm" / module
        path.write_text(f"{path.read_text(encoding='utf-8')}\n\ndef planted():\n    {line}\n", encoding="utf-8")
    return lint(directory)


@pytest.mark.parametrize("contract", FAULTS)
def test_a_planted_fault_is_found(contract: str, faulty_report: str) -> None:
    """Each contract is broken by the fault that was planted for it."""
    assert f"{contract} BROKEN" in faulty_report


def test_the_contracts_hold(tmp_path: Path) -> None:
    """The package keeps every contract, and every contract has a planted fault."""
    shutil.copytree(Path(llm.__file__).parent, tmp_path / "llm", ignore=shutil.ignore_patterns("__pycache__"))
    report = lint(tmp_path)
    kept = [line.removesuffix(" KEPT").partition(" KEPT")[0] for line in report.splitlines() if " KEPT" in line]
    assert "BROKEN" not in report
    assert sorted(kept) == sorted(FAULTS)
