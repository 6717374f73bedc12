"""Plugins in programs: everything is loaded when `llm.cli` is imported, and dispatching needs nothing more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.registry.sites import ANSWERING, HOOK, Site, command, models

#: runs a command in a process that has imported the command line, and prints what it does to files meanwhile
WATCHED = """
import sys
from click.testing import CliRunner
from llm.cli import cli
import llm
touched = []
watching = False
def hook(event, arguments):
    if watching and event in {"open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove", "import"}:
        touched.append((event, str(arguments[0])))
sys.addaudithook(hook)
runner = CliRunner()
runner.invoke(cli, ["bee"])
watching = True
result = runner.invoke(cli, ["bee"])
watching = False
print(result.output, touched, result.stderr)
"""


def test_dispatching_touches_no_file(tmp_path: Path) -> None:
    """Once `llm.cli` is imported, a plugin's command reads and writes no file, and nothing else is printed."""
    site = Site(tmp_path)
    site.install("b", command("bee"))
    assert site.python("-c", WATCHED).out == "bee runs\n [] \n"


STRANGE = """
import os, pathlib
from unittest import mock
from click.testing import CliRunner
from llm.cli import cli
import llm
with mock.patch("pathlib.Path.read_text", return_value="{}"), mock.patch("pathlib.Path.exists", return_value=True), \\
        mock.patch("pathlib.Path.write_text") as write, mock.patch("pathlib.Path.chmod") as chmod, \\
        mock.patch("pathlib.Path.unlink") as unlink, mock.patch("llm.user_dir") as user_dir, \\
        mock.patch.dict(os.environ, clear=True):
    result = CliRunner().invoke(cli, ["bee"])
print(repr(result.output), write.called, chmod.called, unlink.called)
"""


def test_strange_processes(tmp_path: Path) -> None:
    """Dispatching works where tests have replaced methods of paths, `llm.user_dir` and the environment."""
    site = Site(tmp_path)
    site.install("b", command("bee"))
    assert site.python("-c", STRANGE).out == "'bee runs\\n' False False False\n"


def test_commands_of_plugins_that_are_loaded_later(tmp_path: Path) -> None:
    """A plugin may import `llm.cli` while plugins are loaded by a library call; no later command is lost."""
    site = Site(tmp_path)
    site.install("a_early", "import llm.cli\n" + command("early"))
    site.install("z_late", command("late"))
    code = (
        "import llm; llm.get_models()\nfrom llm.cli import cli\nprint('early' in cli.commands, 'late' in cli.commands)"
    )
    assert site.python("-c", code).out == "True True\n"


def test_names_of_the_loader(tmp_path: Path) -> None:
    """`load_plugins` and `pm` are the same under each of their names."""
    code = (
        "import llm, llm.cli, llm.plugins\n"
        "print(llm.load_plugins is llm.cli.load_plugins is llm.plugins.load_plugins)\n"
        "print(llm.pm is llm.cli.pm is llm.plugins.pm)"
    )
    assert Site(tmp_path).python("-c", code).out == "True\nTrue\n"


def test_order_of_models(tmp_path: Path) -> None:
    """OpenAI's models head the list, then come those of plugins, the last loaded first, `trylast` ones at the end."""
    site = Site(tmp_path)
    last = models("model-last").replace("@llm.hookimpl\n", "@llm.hookimpl(trylast=True)\n")
    site.install("a", models("model-a"))
    site.install("b", last)
    site.install("c", models("model-c"))
    code = "import llm; print([m.model_id for m in llm.get_models()])"
    found = json.loads(site.python("-c", code).out.replace("'", '"'))
    assert [name for name in found if name.startswith("model-")] == ["model-c", "model-a", "model-last"]
    assert found.index("gpt-4o") < found.index("model-c")


@pytest.mark.parametrize("how", ["instance", "module"])
def test_plugins_registered_by_hand(tmp_path: Path, how: str) -> None:
    """An object with a `__name__` is a plugin as a module is, counts from the next call on, and can be taken out."""
    code = (
        "import llm, types\n"
        "class Plugin:\n    __name__ = 'mine'\n    @llm.hookimpl\n"
        "    def register_tools(self, register):\n        register(lambda: '', name='hammer')\n"
        + (
            "one = Plugin()\n"
            if how == "instance"
            else "one = types.ModuleType('mine')\none.register_tools = Plugin().register_tools\n"
        )
        + "llm.load_plugins()\nllm.pm.register(one, name='undo')\n"
        "print('hammer' in llm.get_tools(), llm.get_tools()['hammer'].plugin, llm.get_plugins())\n"
        "llm.pm.unregister(name='undo')\nprint('hammer' in llm.get_tools())"
    )
    shown = "True undo [{'name': 'mine', 'hooks': ['register_tools']}]\nFalse\n"
    assert Site(tmp_path).python("-c", code).out == shown


def test_refreshing_twice_in_one_command(tmp_path: Path) -> None:
    """A plugin's command that takes the list of models, changes it and takes it again sees the change."""
    site = Site(tmp_path)
    site.install(
        "refresh",
        f"names = ['one']\n{ANSWERING}"
        f"{HOOK}def register_models(register):\n    for name in names:\n        register(Answering(name, ''))\n"
        f"{HOOK}def register_commands(cli):\n    @cli.command('refresh')\n    def refresh():\n"
        "        before = {m.model_id for m in llm.get_models()}\n        names.append('two')\n"
        "        print({m.model_id for m in llm.get_models()} - before)\n",
    )
    for _ in range(2):
        assert site.llm("refresh").out == "{'two'}\n"
