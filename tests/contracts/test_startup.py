"""What a process may load before it does its work. The gate is the set of modules: it is the same on every machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.processes import modules_after

HEAVY = {"pydantic", "httpx2", "openai", "sqlite_utils", "yaml", "numpy", "asyncio"}


def third_party(modules: set[str]) -> set[str]:
    """The top-level packages among `modules` that are neither the standard library's nor ours."""
    top = {name.partition(".")[0] for name in modules}
    return {name for name in top if name not in sys.stdlib_module_names and name != "llm" and not name.startswith("_")}


def test_import_llm_loads_nothing() -> None:
    """`import llm` loads no third-party module, and none of ours but the façade's two helpers."""
    loaded = modules_after("import llm")
    assert third_party(loaded) == set()
    assert {name for name in loaded if name.startswith("llm")} == {"llm", "llm._lazy"}


def test_hookimpl_costs_pluggy() -> None:
    """`from llm import hookimpl`, which every plugin does, loads pluggy and no other third-party module."""
    assert third_party(modules_after("from llm import hookimpl")) == {"pluggy"}


def test_version_loads_click_alone(user_path: Path) -> None:
    """`llm --version` loads click, no plugin, no command module and no package metadata."""
    loaded = modules_after("--version", command=True)
    assert third_party(loaded) <= {"click", "click_default_group"}
    assert not {
        name for name in loaded if name.startswith(("llm.cli.commands.", "llm.default_plugins", "llm.providers"))
    }
    assert not {"importlib.metadata", "asyncio", "sqlite3", "llm.registry.plugins"} & loaded


@pytest.mark.parametrize(
    "words",
    [
        "keys path",
        "aliases list",
        "--help",
        "models list",
        "logs list",
        "logs path",
        "completion bash -- k",
        "completion bash -- -m g",
        "completion bash -- templates show a",
        "completion bash -- --cid 0",
    ],
)
def test_light_commands(words: str, user_path: Path) -> None:
    """Commands that only look at settings or the log load click and pluggy, and nothing heavy."""
    (user_path / "logs.db").touch()
    loaded = modules_after(words, command=True)
    assert not {name.partition(".")[0] for name in loaded} & HEAVY
    assert third_party(loaded) <= {"click", "click_default_group", "pluggy", "typing_extensions"}


@pytest.mark.parametrize("words", ["embed-models list", "embed -m zork -c x"])
def test_embedding_commands(words: str) -> None:
    """Commands about embeddings load nothing heavy and no chat models, also where they ask all built-in plugins."""
    loaded = modules_after(words, command=True)
    assert not {name.partition(".")[0] for name in loaded} & HEAVY
    assert not {"llm.providers.openai.chat", "llm.providers.openai.catalog", "llm.engine.model"} & loaded


@pytest.mark.parametrize("words", ["keys path", "logs path", "aliases path", "keys --help"])
def test_commands_that_no_plugin_changes(words: str) -> None:
    """A command that no plugin has to do with loads none, not even built-in ones, nor pluggy."""
    loaded = modules_after(words, command=True)
    assert third_party(loaded) <= {"click", "click_default_group"}
    assert not {name for name in loaded if name.startswith(("llm.default_plugins", "llm.providers"))}
    assert not {"importlib.metadata", "asyncio", "sqlite3"} & loaded


def test_plugins_are_loaded_when_the_command_line_is_imported() -> None:
    """Importing `llm.cli` in a program loads the plugins; importing `llm.plugins` does not."""
    code = (
        "import llm.plugins; before = llm.plugins.pm.get_plugins()\n"
        "import llm.cli; print(len(before), len(llm.pm.get_plugins()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = map(int, ran.stdout.split())
    assert before == 0
    assert after >= 2
