"""The plugin that docs/plugins/model-plugins.md builds, as its readers have it: installed, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT, blocks_of

PAGE = ROOT / "docs" / "plugins" / "model-plugins.md"

tomllib = pytest.importorskip("tomllib", reason="Python 3.10 cannot read pyproject.toml")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the last version of the page's files, and the metadata that installing them makes."""
    for block in blocks_of(PAGE):
        name = block.marks.get("file") or block.marks.get("plugin")
        if name:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(block.text, encoding="utf-8")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    make_metadata(tmp_path, project)
    return tmp_path


def make_metadata(site: Path, project: dict[str, Any]) -> None:
    """Write what an installer writes about a distribution."""
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = [
        f"[{group}]\n" + "\n".join(f"{name} = {target}" for name, target in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(groups))


def run(site: Path, *words: str) -> str:
    """Run a Python module with the plugin installed, and nothing else that may be."""
    environment = {**os.environ, "PYTHONPATH": str(site), "LLM_LOAD_PLUGINS": "llm-markov"}
    ran = subprocess.run(
        [sys.executable, "-m", *words],
        env=environment, cwd=site, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_is_listed(installed: Path) -> None:
    """`llm plugins` shows what the page shows."""
    (shown,) = [block.text for block in blocks_of(PAGE) if "llm plugins\n" in block.text]
    assert json.loads(run(installed, "llm", "plugins")) == json.loads(shown.partition("llm plugins\n")[2])


def test_answers(installed: Path) -> None:
    """The installed model answers."""
    assert run(installed, "llm", "-m", "babble", "-o", "length", "3", "pelican") == "pelican " * 3 + "\n"


def test_its_tests_pass(installed: Path) -> None:
    """The page's tests of the plugin pass."""
    assert "3 passed" in run(installed, "pytest", "-p", "no:cacheprovider", "tests")
