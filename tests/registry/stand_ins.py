"""Models without an engine, plugins without a file, and installed plugins in a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from llm.registry.hookspecs import hookimpl
from llm.registry.plugin_manager import pm
from llm.registry.plugins import load_plugins


class FakeModel:
    """Has the attributes that the registry and its commands look at."""

    can_stream = False
    attachment_types: tuple[str, ...] = ()
    supports_schema = False
    supports_tools = False
    supports_conversation = True
    supported_server_side_tools: tuple[type, ...] = ()
    needs_key: str | None = None
    key_env_var: str | None = None

    def __init__(self, model_id: str, **attributes: Any) -> None:
        self.model_id = model_id
        vars(self).update(attributes)

    def __str__(self) -> str:
        return f"Fake: {self.model_id}"


class FakeAsyncModel(FakeModel):
    """The async variant of one."""

    def __str__(self) -> str:
        return f"Fake (async): {self.model_id}"


def plugin(name: str, **hooks: Callable[..., Any]) -> ModuleType:
    """Return a plugin with these functions as hooks."""
    module = ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def model_plugin(name: str, *entries: tuple[Any, ...]) -> ModuleType:
    """Return a plugin that registers models; each entry holds the arguments of `register`."""

    def register_models(register: Any) -> None:
        for entry in entries:
            register(*entry)

    return plugin(name, register_models=register_models)


def embedding_plugin(name: str, *entries: tuple[Any, ...]) -> ModuleType:
    """Return a plugin that registers embedding models; each entry holds the arguments of `register`."""

    def register_embedding_models(register: Any) -> None:
        for entry in entries:
            register(*entry)

    return plugin(name, register_embedding_models=register_embedding_models)


@contextmanager
def only_these_plugins() -> Iterator[Callable[..., None]]:
    """Take every plugin out of the manager; yield what puts plugins in; restore the manager at the end."""
    load_plugins()
    before = pm.list_name_plugin()
    _unregister_all()
    try:
        yield _register
    finally:
        _unregister_all()
        for name, one in before:
            pm.register(one, name=name)


def _register(*plugins: Any) -> None:
    for one in plugins:
        pm.register(one, name=one.__name__)


def _unregister_all() -> None:
    for name, _ in pm.list_name_plugin():
        pm.unregister(name=name)


def install(folder: Path, distribution: str, version: str, **entry_points: str) -> None:
    """Write a distribution that offers plugins; each entry point `NAME` is a module `NAME` with the source given."""
    metadata = folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    lines = [f"{name} = {name}" for name in entry_points]
    (metadata / "entry_points.txt").write_text("\n".join(["[llm]", *lines]) + "\n")
    for name, source in entry_points.items():
        (folder / f"{name}.py").write_text(source)


def run(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter that finds the distributions in `folder`."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("LLM_", "PYTHON"))}
    settings.update({"PYTHONPATH": str(folder), "LLM_USER_PATH": str(folder / "user"), **environment})
    return subprocess.run(
        [sys.executable, "-c", code], env=settings, capture_output=True, text=True, timeout=60, check=False
    )
