"""Façades: each name of the historical import paths is the very object, and nothing inside goes through them."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import llm

SOURCE = Path(llm.__file__).parent
FACADES = [
    "llm", "llm.models", "llm.parts", "llm.serialization", "llm.tools", "llm.templates", "llm.utils", "llm.logs",
    "llm.migrations", "llm.embeddings", "llm.embeddings_migrations", "llm.errors", "llm.hookspecs", "llm.plugins",
    "llm.cli",
]  # fmt: skip


@pytest.mark.parametrize("facade", FACADES)
def test_every_name_resolves(facade: str) -> None:
    """Each name of a façade's table can be imported, and is the same object on each access."""
    module = importlib.import_module(facade)
    for name in module._HOMES:
        assert getattr(module, name) is getattr(module, name)


@pytest.mark.parametrize("facade", FACADES)
def test_type_checkers_see_the_same_names(facade: str) -> None:
    """The mirror under TYPE_CHECKING holds exactly the names of the table, each from the same home."""
    module = importlib.import_module(facade)
    assert module.__file__
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    (mirror,) = [
        node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    ]
    seen = {}
    for node in mirror.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                seen[alias.asname] = f"{node.module}:{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                seen[alias.asname] = f"{alias.name}:"
    for submodule in ["embeddings", "errors", "hookspecs", "migrations", "models", "parts", "plugins", "serialization"]:
        seen.pop(submodule, None)
    if facade == "llm":
        seen.pop("templates"), seen.pop("utils")
    expected = {name: home if ":" in home else f"{home}:{name}" for name, home in module._HOMES.items()}
    assert seen == expected


def test_public_names() -> None:
    """`llm.__all__` is the 37 documented names, each of which resolves."""
    assert len(llm.__all__) == 37
    assert set(llm.__all__) <= set(llm._HOMES)


def test_unknown_names() -> None:
    """A name that is in no table raises AttributeError, so that `from llm import cli` imports the submodule."""
    with pytest.raises(AttributeError, match="no_such_name"):
        llm.no_such_name  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("Model", "llm.models"), ("Response", "llm.models"), ("Tool", "llm.models"), ("Toolbox", "llm.models"),
        ("Template", "llm.templates"), ("Fragment", "llm.utils"), ("ModelError", "llm.errors"),
        ("NeedsKeyException", "llm.errors"), ("Collection", "llm.embeddings"), ("UnknownModelError", "llm"),
        ("Attachment", "llm.models"), ("Conversation", "llm.models"), ("Message", "llm.parts"),
    ],
)  # fmt: skip
def test_classes_say_where_they_are_imported_from(name: str, module: str) -> None:
    """Public classes carry their historical `__module__`."""
    assert getattr(llm, name).__module__ == module


def test_nothing_inside_imports_through_a_facade() -> None:
    """Modules of the rings import from homes; of `llm` itself they use only what plugins replace there."""
    replaced = {"get_key", "load_keys", "user_dir", "get_model", "get_models", "get_models_with_aliases"}
    also = {"get_async_model", "get_default_model", "get_embedding_models_with_aliases", "get_embedding_model", "cli"}
    for path in SOURCE.rglob("*.py"):
        relative = path.relative_to(SOURCE)
        if len(relative.parts) == 1 or relative.parts[0] == "default_plugins" or relative.name == "__init__.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                version_only = node.module == "llm" and [alias.name for alias in node.names] == ["_version"]
                assert node.module not in FACADES or version_only, f"{relative}:{node.lineno} imports from a façade"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "llm":
                assert node.attr in replaced | also, f"{relative}:{node.lineno} uses llm.{node.attr}"


@pytest.mark.parametrize("facade", ["models", "parts", "utils", "serialization", "errors", "tools", "templates"])
def test_star_imports(facade: str) -> None:
    """`from llm.parts import *` and the like give every public name of the façade."""
    program = f"""if True:
        from llm.{facade} import *
        from llm import {facade} as module
        missing = [name for name in module._HOMES if not name.startswith("_") and name not in globals()]
        assert not missing, missing
        """
    subprocess.run([sys.executable, "-c", program], check=True)
