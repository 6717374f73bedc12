"""Plugins that reach beyond their hooks are loaded wherever that matters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.registry.sites import HOOK, Site, command, models


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A plugin that only has a model, beside which others are installed."""
    site = Site(tmp_path)
    site.install("plain", models("model-plain"))
    return site


def known(site: Site) -> None:
    """Make the plugins known to the command line."""
    site.llm("models")


WRAPS = f"""
{HOOK}def register_commands(cli):
    command = cli.commands["keys"].commands["path"]
    before = command.callback
    def callback(**arguments):
        print("wrapped")
        return before(**arguments)
    command.callback = callback
"""
REPLACES = f"""
import click
{HOOK}def register_commands(cli):
    cli.commands.pop("keys")
    @cli.command("keys")
    def keys():
        "Other keys."
        print("replaced")
"""
REMOVES = f"{HOOK}def register_commands(cli):\n    cli.commands.pop('keys')\n"
OPTION = f"""
import click
{HOOK}def register_commands(cli):
    cli.commands["keys"].commands["path"].params.append(click.Option(["--more"], is_flag=True, expose_value=False))
"""
SUBCOMMAND = f"""
{HOOK}def register_commands(cli):
    @cli.commands["keys"].command("extra")
    def extra():
        print("extra")
"""


@pytest.mark.parametrize(
    ("source", "words", "shows"),
    [
        (WRAPS, "keys path", "wrapped"),
        (REPLACES, "keys", "replaced"),
        (REPLACES, "--help", "Other keys."),
        (OPTION, "keys path --help", "--more"),
        (SUBCOMMAND, "keys extra", "extra"),
    ],
)
def test_changed_built_in_command(site: Site, source: str, words: str, shows: str) -> None:
    """A plugin that wraps, replaces or alters a built-in command is loaded for that command, and for no other."""
    site.install("reach", source)
    for _ in range(2):
        ran = site.llm(*words.split())
        assert shows in ran.out
    assert ran.imported == ([] if words == "--help" else ["reach"])
    assert site.llm("logs", "path").imported == []


def test_removed_built_in_command(site: Site) -> None:
    """A built-in command that a plugin removes is gone, with and without the plugin being loaded."""
    site.install("reach", REMOVES)
    for _ in range(2):
        assert "  keys" not in site.llm("--help").out
        assert "Usage: llm prompt" in site.llm("keys", "--zork", fails=True).err
    assert site.llm("logs", "path").imported == []


def test_one_plugin_wraps_the_command_of_another(site: Site) -> None:
    """For a command that one plugin brings and another changes, both are loaded."""
    site.install("z_first", command("both"))  # the plugin that is loaded last is called first
    site.install(
        "a_second",
        f"{HOOK}def register_commands(cli):\n    cli.commands['both'].callback = lambda: print('changed')\n",
    )
    for _ in range(2):
        ran = site.llm("both")
        assert ran.out == "changed\n"
    assert sorted(ran.imported) == ["a_second", "z_first"]


REWRITES = f"""
{HOOK.replace("hookimpl", "hookimpl(trylast=True)")}def register_models(register, model_aliases):
    for entry in model_aliases:
        entry.aliases.append("re-" + entry.model.model_id)
"""


def test_plugin_that_rewrites_models(site: Site) -> None:
    """A hook that is given the list of all models needs all plugins to be asked, whichever model is wanted."""
    site.install("rewrites", REWRITES)
    known(site)
    for name in ("re-model-plain", "model-plain"):
        ran = site.llm("-m", name, "two words")
        assert ran.out == "model-plain of plain\n"
        assert sorted(ran.imported) == ["plain", "rewrites"]
    assert site.llm("keys", "path").imported == []


WRAPPER = """
import pluggy
@llm.hookimpl(wrapper=True)
def register_models():
    print("before")
    return (yield)
"""


def test_plugin_that_wraps_a_hook(site: Site) -> None:
    """A wrapper around the calls of other plugins' hooks is always part of them."""
    site.install("wrapper", WRAPPER)
    known(site)
    ran = site.llm("-m", "model-plain", "two words")
    assert ran.out == "before\nmodel-plain of plain\n"


PATCHES = {
    "function": "llm.user_dir = lambda: __import__('pathlib').Path('/patched')\n",
    "wrapped function": (
        "import functools\noriginal = llm.user_dir\n@functools.wraps(original)\ndef other():\n"
        "    return __import__('pathlib').Path('/patched')\nllm.user_dir = other\n"
    ),
    "in a hook": (
        f"{HOOK}def register_commands(cli):\n    llm.user_dir = lambda: __import__('pathlib').Path('/patched')\n"
    ),
}


@pytest.mark.parametrize("how", PATCHES)
def test_plugin_that_replaces_a_function(site: Site, how: str) -> None:
    """A plugin that replaces a function of `llm`, on import or in a hook, is loaded for every command."""
    site.install("patches", PATCHES[how] + models("model-p"))
    for _ in range(3):
        ran = site.llm("keys", "path")
        assert ran.out.strip().replace("\\", "/") == "/patched/keys.json"
    assert ran.imported == ["patches"]


@pytest.mark.parametrize(
    "source",
    [
        "def text(self):\n    return 'patched'\nllm.Response.text = text\n",
        "from llm.migrations import migration\n@migration\ndef m900_mine(db):\n    pass\n",
        "os.environ['LLM_MODEL'] = 'model-plain'\n",
        "import llm.cli\nllm.cli.load_conversation = lambda *a, **k: None\n",
        "import builtins\nbuiltins.print = print if False else lambda *a, **k: None\n",
    ],
)
def test_other_side_effects(site: Site, source: str) -> None:
    """So is one that replaces a method, adds a migration, sets a variable that counts, or changes the built-ins."""
    site.install("effects", source + models("model-e"))
    known(site)
    assert site.llm("keys", "path").imported == ["effects"]
    assert sorted(site.llm("-m", "model-plain", "two words").imported) == ["effects", "plain"]


def test_plugin_without_hooks(site: Site) -> None:
    """A plugin that has no hook can only be there for what its import does."""
    site.install("silent", "")
    known(site)
    assert site.llm("keys", "path").imported == ["silent"]


def test_plugin_with_hooks_of_another(site: Site) -> None:
    """A plugin's own hook reaches the other plugins that implement it, though they were not loaded for its command."""
    site.install(
        "asks",
        "import sys, pluggy\nspec = pluggy.HookspecMarker('llm')\n@spec\ndef register_evals(found): pass\n"
        "llm.pm.add_hookspecs(sys.modules[__name__])\n"
        f"{HOOK}def register_commands(cli):\n    @cli.command('evals')\n    def evals():\n"
        "        found = []\n        llm.pm.hook.register_evals(found=found)\n        print(found)\n",
    )
    site.install("answers", f"{models('model-x')}{HOOK}def register_evals(found):\n    found.append('here')\n")
    known(site)
    assert site.llm("evals").out == "['here']\n"
    assert site.llm("keys", "path").imported == []


def test_plugin_that_asks_for_the_others(site: Site) -> None:
    """What plugins call gives them everything, in whichever process they are: functions of `llm` and the manager."""
    site.install(
        "looks",
        f"{HOOK}def register_commands(cli):\n    @cli.command('looks')\n    def looks():\n"
        "        from llm.plugins import pm\n"
        "        print(pm.has_plugin('plain'), [m.model_id for m in llm.get_models()].count('model-plain'))\n"
        "        print(cli.commands['keys'].name, 'looks' in cli.commands, 'zork' in cli.commands)\n",
    )
    known(site)
    ran = site.llm("looks")
    assert ran.out == "True 1\nkeys True False\n"
    assert ran.imported == ["looks", "plain"]


def test_order_is_that_of_loading_everything(site: Site) -> None:
    """Plugins stand in the manager in the same order, whichever of them was loaded first."""
    source = "\n        print([name for name, _ in llm.pm.list_name_plugin()])\n"
    for name in ("q", "r", "s"):
        site.install(name, f"{HOOK}def register_commands(cli):\n    @cli.command('{name}')\n    def run():{source}")
    known(site)
    shown = {site.llm(name).out for name in ("q", "r", "s")} | {site.llm("q", LLM_NO_PLUGIN_CACHE="1").out}
    assert len(shown) == 1


def test_plugin_that_goes_through_all_commands(site: Site) -> None:
    """A plugin that looks at all commands is loaded after, and with, all others."""
    site.install("other", command("other"))
    site.install(
        "all",
        f"{HOOK}def register_commands(cli):\n    for name, one in list(cli.commands.items()):\n"
        "        one.epilog = 'Seen.'\n",
    )
    for _ in range(2):
        ran = site.llm("keys", "--help")
        assert "Seen." in ran.out
    assert sorted(ran.imported) == ["all", "other", "plain"]


def test_plugin_that_imports_the_command_line(site: Site) -> None:
    """Every name of `llm.cli` can be imported at the top of a plugin, and `cli` looked at, while plugins are loaded."""
    site.install(
        "early",
        "from llm.cli import cli, load_template, logs_on, get_model_options, user_dir\n"
        "assert 'prompt' in cli.commands\n" + command("early"),
    )
    for _ in range(2):
        ran = site.llm("early")
        assert (ran.out, ran.err) == ("early runs\n", "")
    assert site.llm("keys", "path").imported == []


def test_plugin_that_asks_while_it_is_imported(site: Site) -> None:
    """A plugin that asks for models while it is imported depends on what was loaded before: all are, always."""
    site.install("curious", "found = [m.model_id for m in llm.get_models()]\n" + command("curious"))
    known(site)
    assert sorted(site.llm("keys", "path").imported) == ["curious", "plain"]
