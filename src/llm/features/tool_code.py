"""Tools from Python code that the user gives with `--functions`, or keeps in a template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from llm.core.errors import UserError

if TYPE_CHECKING:
    import ast

    from llm.core.tools import Tool


_ABSENT = object()


class FunctionsError(UserError):
    """Code for tools cannot be read or run, or gives something that is no tool."""


class Code(NamedTuple):
    """Python source, and what to call it in error messages."""

    text: str
    name: str


def read_code(code_or_path: str) -> Code:
    """Return the code: the text itself, or what is in the file if it is one line that ends in `.py`.

    Raises `FunctionsError` for a file that cannot be read.
    """
    if "\n" in code_or_path or not code_or_path.endswith(".py"):
        return Code(code_or_path, "<functions>")
    try:
        return Code(Path(code_or_path).read_text(encoding="utf-8-sig"), code_or_path)
    except FileNotFoundError as error:
        raise FunctionsError(f"File not found: {code_or_path}") from error
    except OSError as error:
        raise FunctionsError(f"Cannot read {code_or_path}: {error.strerror}") from error
    except ValueError as error:
        raise FunctionsError(f"{code_or_path} is not UTF-8 text") from error


def tools_from_code(code_or_path: str) -> list[Tool]:
    """Run code and return a tool for each callable it defines under a public name, in order of definition.

    What the code merely imports is not offered. Raises `FunctionsError`.
    """
    from llm.core.tools import Tool

    code = read_code(code_or_path)
    namespace, imported = _run(code)
    tools = []
    for name, value in namespace.items():
        if name.startswith("_") or name in imported or not callable(value):
            continue
        if getattr(value, "__name__", None) == "<lambda>":
            raise _failure(code, f"'{name}' is a lambda, which has no name of its own. Define it with def")
        try:
            tools.append(Tool.function(value))
        except Exception as error:
            raise _failure(code, f"'{name}' cannot be a tool. {error}") from error
    return tools


def _run(code: Code) -> tuple[dict[str, Any], set[str]]:
    """Return what the code leaves behind, and the names in it that are only imported."""
    import ast

    namespace: dict[str, Any] = {}
    try:
        tree = ast.parse(code.text, code.name)
        # The future statements of this module are not meant for the user's code.
        exec(compile(tree, code.name, "exec", dont_inherit=True), namespace)  # noqa: S102 -- running the user's code is what this is for
    except SyntaxError as error:
        raise _failure(code, str(error)) from error
    except Exception as error:
        raise _failure(code, f"{type(error).__name__}: {error}") from error
    bound = list(_bindings(tree.body))
    imports = [node for node in bound if isinstance(node, (ast.Import, ast.ImportFrom))]
    defined = {name for node in bound for name in _defined_names(node)}
    imported = {name for node in imports for name in _imported_names(node, namespace)}
    return dict(namespace), imported - defined


def _bindings(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of the module's own scope that bind names, wherever in its statements they stand."""
    import ast

    for node in nodes:
        if isinstance(
            node, (ast.Import, ast.ImportFrom, ast.Name, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        ):
            yield node
        elif not isinstance(node, ast.Lambda):
            yield from _bindings(ast.iter_child_nodes(node))


def _defined_names(node: ast.AST) -> Iterator[str]:
    import ast

    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id


def _imported_names(node: ast.Import | ast.ImportFrom, namespace: Mapping[str, Any]) -> Iterator[str]:
    import sys

    for alias in node.names:
        if alias.name != "*":
            yield alias.asname or alias.name.partition(".")[0]
            continue
        module = sys.modules.get(getattr(node, "module", None) or "")
        yield from (name for name, value in namespace.items() if getattr(module, name, _ABSENT) is value)


def _failure(code: Code, what: str) -> FunctionsError:
    where = "" if code.name == "<functions>" else f" {code.name}"
    return FunctionsError(f"Error in --functions definition{where}: {what}")
