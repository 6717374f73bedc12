"""The manifest keeps plugins from being loaded that a command does not need. What counts is which were imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.registry.sites import HOOK, Site, command, models

LOADERS = (
    f"{HOOK}def register_tools(register):\n    register(lambda: 'sea', name='sea')\n"
    f"{HOOK}def register_fragment_loaders(register):\n    register('cf', lambda rest: llm.Fragment('got ' + rest))\n"
    f"{HOOK}def register_template_loaders(register):\n    register('ct', lambda rest: llm.Template(name='t'))\n"
)


def three_plugins(folder: Path) -> Site:
    """Three plugins: `a` with models, `b` with a command and models, `c` with a tool and loaders."""
    site = Site(folder)
    site.install("a", models("model-a,alias-a", "shared"))
    site.install("b", command("bee") + models("model-b", "shared"))
    site.install("c", LOADERS)
    return site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Three plugins that no command has seen yet."""
    return three_plugins(tmp_path)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Three plugins after commands that made them known."""
    site = three_plugins(tmp_path_factory.mktemp("known"))
    site.llm("models")
    site.llm("tools")
    site.llm("fragments", "loaders")
    site.llm("templates", "loaders")
    return site


@pytest.mark.parametrize(
    "words",
    ["--version", "--help", "keys path", "keys --help", "logs list -n 1", "logs path", "prompt --help", "aliases path"],
)
def test_commands_that_need_no_plugin(known: Site, words: str) -> None:
    """A built-in command that no plugin changes imports no plugin."""
    (known.folder / "user" / "logs.db").touch()
    assert known.llm(*words.split()).imported == []


def test_first_command_loads_everything(site: Site) -> None:
    """Without a manifest all plugins are loaded, except for `--version`, which never loads any."""
    assert site.llm("--version").imported == []
    assert sorted(site.llm("keys", "path").imported) == ["a", "b", "c"]
    assert site.llm("keys", "path").imported == []


def test_help_lists_commands_of_plugins(site: Site) -> None:
    """`llm --help` shows the same whether the plugins are loaded for it or not."""
    first, second = site.llm("--help"), site.llm("--help")
    assert sorted(first.imported) == ["a", "b", "c"]
    assert second.imported == []
    assert "bee Run bee." in " ".join(first.out.split())
    assert second.out == first.out


def test_command_loads_its_plugin(known: Site) -> None:
    """A plugin's command loads that plugin and no other, and shows its own help."""
    ran = known.llm("bee")
    assert (ran.out, ran.imported) == ("bee runs\n", ["b"])
    ran = known.llm("bee", "-h")
    assert "Run bee." in ran.out
    assert ran.imported == ["b"]


@pytest.mark.parametrize(
    ("name", "answer", "owner"), [("model-a", "model-a", "a"), ("alias-a", "model-a", "a"), ("model-b", "model-b", "b")]
)
def test_model_loads_its_plugin(known: Site, name: str, answer: str, owner: str) -> None:
    """`-m` loads the plugin that has a model of this name, by id or alias, and no other."""
    ran = known.llm("-m", name, "two words")
    assert (ran.out, ran.imported) == (f"{answer} of {owner}\n", [owner])


def test_users_alias(known: Site) -> None:
    """An alias of the user's leads to the plugin of its model."""
    known.llm("aliases", "set", "mine", "model-b")
    ran = known.llm("-m", "mine", "two words")
    assert (ran.out, ran.imported) == ("model-b of b\n", ["b"])


def test_model_of_two_plugins(known: Site) -> None:
    """Both plugins that have a model of a name are loaded, and the one that wins is the one that wins with all."""
    ran = known.llm("-m", "shared", "two words")
    assert sorted(ran.imported) == ["a", "b"]
    assert ran.out == known.llm("-m", "shared", "two words", LLM_NO_PLUGIN_CACHE="1").out


def test_unknown_names(known: Site) -> None:
    """For a name that the manifest does not know, all plugins are loaded: it may be new."""
    ran = known.llm("-m", "zork", "two words", fails=True)
    assert sorted(ran.imported) == ["a", "b", "c"]
    assert "Unknown model: zork" in ran.err
    assert sorted(known.llm("word", "--zork", fails=True).imported) == ["a", "b", "c"]


def test_loader_and_tool_load_their_plugin(known: Site) -> None:
    """A fragment's prefix, a template's prefix and a tool's name load the plugin that they belong to."""
    ran = known.llm("fragments", "show", "cf:x")
    assert (ran.out, ran.imported) == ("got x\n", ["c"])
    assert known.llm("templates", "show", "ct:x").imported == ["c"]
    ran = known.llm("tools", "list", "sea")
    assert ran.imported == ["c"]
    assert "sea()" in ran.out


def test_lists_load_everything(known: Site) -> None:
    """Lists of models, tools and plugins ask the plugins themselves."""
    for words in (["models"], ["tools"], ["plugins"], ["aliases"]):
        assert sorted(known.llm(*words).imported) == ["a", "b", "c"]


def test_switched_off(known: Site, site: Site) -> None:
    """`LLM_NO_PLUGIN_CACHE` makes every command load all plugins, and writes nothing."""
    assert sorted(known.llm("keys", "path", LLM_NO_PLUGIN_CACHE="1").imported) == ["a", "b", "c"]
    site.llm("keys", "path", LLM_NO_PLUGIN_CACHE="1")
    assert not site.cache.exists()


def test_chosen_plugins(known: Site) -> None:
    """`LLM_LOAD_PLUGINS` decides what is loaded, whatever the manifest says."""
    assert known.llm("keys", "path", LLM_LOAD_PLUGINS="llm-a,llm-c").imported == ["a", "c"]
    assert known.llm("keys", "path", LLM_LOAD_PLUGINS="").imported == []
    ran = known.llm("bee", "--zork", LLM_LOAD_PLUGINS="", fails=True)
    assert "Usage: llm prompt" in ran.err


def test_programs_load_everything(known: Site) -> None:
    """A program that imports `llm.cli`, or asks the library, gets all plugins; it writes no manifest."""
    before = {path: path.stat().st_mtime_ns for path in known.cache.iterdir()}
    for code in ("import llm.cli", "import llm; llm.get_models()", "import llm; llm.get_tools()"):
        assert sorted(known.python("-c", code).imported) == ["a", "b", "c"]
    assert {path: path.stat().st_mtime_ns for path in known.cache.iterdir()} == before


def test_no_plugins_no_manifest(tmp_path: Path) -> None:
    """Without installed plugins there is nothing to remember."""
    site = Site(tmp_path)
    site.llm("keys", "path", PYTHONPATH=str(tmp_path))
    assert not site.cache.exists()
