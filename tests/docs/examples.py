"""Running the code blocks of a page, in order, as its reader would: one Python session, one folder, one user directory.

`python` and `pycon` blocks share a namespace; the output of the latter is compared, `...` standing for anything.
`console` blocks are run by `tests.docs.console`. Of other languages `json`, `yaml` and `toml` have to be well-formed,
and commands in `sh` have to be ones that exist; `text` and `html` are for reading only.
"""

from __future__ import annotations

import doctest
import importlib
import json
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import yaml

import llm
from llm.cli import cli, template_dir
from tests.docs import console
from tests.docs.demo import DemoPlugin
from tests.docs.pages import MARKS, Block

READ_ONLY = ("text", "html", "css", "diff", "markdown")


class Session:
    """What the blocks of one page share."""

    def __init__(self, *, local: bool = False) -> None:
        self._local = local
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._runners: dict[str, Callable[[Block], Iterator[str]]] = {
            "python": self._python,
            "pycon": self._pycon,
            "console": self._console,
            "sh": _shell,
            "json": _json,
            "yaml": _yaml,
            "toml": _toml,
        }

    def problems(self, block: Block) -> Iterator[str]:
        """Do with the block what its language and marks ask for; yield what is wrong."""
        if "not run" in block.marks:
            if not block.marks["not run"]:
                yield f"{block.place}: say why: <!-- not run: REASON -->"
        elif "local" in block.marks and not self._local:
            return
        elif "file" in block.marks:
            _write(block, block.marks["file"])
        elif "template" in block.marks:
            (template_dir() / f"{block.marks['template']}.yaml").write_text(block.text, encoding="utf-8")
            yield from _yaml(block)
        elif "plugin" in block.marks:
            yield from _install(block, block.marks["plugin"])
        elif runner := self._runners.get(block.language):
            yield from runner(block)
        elif block.language not in READ_ONLY:
            yield f"{block.place}: the language {block.language!r} is neither run nor marked; marks: {', '.join(MARKS)}"

    def _python(self, block: Block) -> Iterator[str]:
        try:
            code = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec", dont_inherit=True)
            exec(code, self._names)
        except Exception as error:
            yield f"{block.place}: {_trace(error)}"

    def _pycon(self, block: Block) -> Iterator[str]:
        example = doctest.DocTestParser().get_doctest(
            block.text, self._names, block.place, str(block.page), block.line - 1
        )
        example.globs = self._names
        failures: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=failures.append, clear_globs=False)
        if not example.examples:
            yield f"{block.place}: a pycon block without a line that begins with '>>> '"
        if failures:
            yield f"{block.place}: {''.join(failures)}"

    def _console(self, block: Block) -> Iterator[str]:
        for line, problem in console.problems_of(block.text):
            yield f"{block.page.name}:{block.line + line}: {problem}"


@contextmanager
def session(*, local: bool = False) -> Iterator[Session]:
    """Give a session in the current folder; models and plugins that it brings are gone afterwards."""
    llm.load_plugins()
    plugins, modules, path = set(llm.pm.get_plugins()), set(sys.modules), list(sys.path)
    llm.pm.register(DemoPlugin(), name="demo")
    llm.set_default_model("demo")
    sys.path.insert(0, str(Path.cwd()))
    try:
        yield Session(local=local)
    finally:
        sys.path[:] = path
        for plugin in set(llm.pm.get_plugins()) - plugins:
            llm.pm.unregister(plugin)
        for name in set(sys.modules) - modules:
            if _is_below(sys.modules[name], Path.cwd()):
                del sys.modules[name]


def _write(block: Block, name: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")


def _install(block: Block, name: str) -> Iterator[str]:
    """Load a module of the page as the plugin of that name, in place of an earlier version of it."""
    _write(block, name)
    module = name.removesuffix(".py")
    if llm.pm.has_plugin(module):
        llm.pm.unregister(name=module)
    sys.modules.pop(module, None)
    importlib.invalidate_caches()
    # Two versions may be written within the resolution of the time stamps by which stale bytecode is told.
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        llm.pm.register(importlib.import_module(module), name=module)
    except Exception as error:
        yield f"{block.place}: {_trace(error)}"
    finally:
        sys.dont_write_bytecode = before


def _trace(error: Exception) -> str:
    """The traceback from the page's own code on."""
    frames = error.__traceback__ and error.__traceback__.tb_next
    return "".join(traceback.format_exception(error.with_traceback(frames)))


def _is_below(module: Any, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(folder)


def _json(block: Block) -> Iterator[str]:
    try:
        json.loads(block.text)
    except ValueError as error:
        yield f"{block.place}: {error}"


def _yaml(block: Block) -> Iterator[str]:
    try:
        yaml.safe_load(block.text)
    except yaml.YAMLError as error:
        yield f"{block.place}: {error}"


def _toml(block: Block) -> Iterator[str]:
    if find_spec("tomllib") is None:  # Python 3.10
        return
    try:
        importlib.import_module("tomllib").loads(block.text)
    except ValueError as error:
        yield f"{block.place}: {error}"


def _shell(block: Block) -> Iterator[str]:
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        words = shlex.split(line, comments=True)
        if words and words[0] == "llm" and "|" not in words:
            try:
                check_usage(words[1:])
            except click.UsageError as error:
                yield f"{block.page.name}:{number}: {line}\n{error.format_message()}"


def check_usage(words: list[str]) -> None:
    """Parse a command line of `llm` without running it. Raises `click.UsageError` if there is no such command."""
    command: click.Command = cli
    parent: click.Context | None = None
    name: str | None = "llm"
    while True:
        context = command.make_context(name, list(words), parent=parent)
        if not isinstance(command, click.Group):
            return
        words = [*context._protected_args, *context.args]
        if not words:
            return
        name, found, words = command.resolve_command(context, words)
        if found is None:
            return
        command, parent = found, context
