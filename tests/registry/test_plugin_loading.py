from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.registry.stand_ins import install, run

PLUGIN = "import llm\n@llm.hookimpl\ndef register_models(register): pass\n@llm.hookimpl\ndef register_zork(): pass\n"
SHOW = """
import json, llm
llm.load_plugins()
names = [name for name, _ in llm.pm.list_name_plugin()]
print(json.dumps({"names": names, "plugins": llm.get_plugins(), "all": llm.get_plugins(all=True)}))
"""
BUILT_IN = [
    "llm.default_plugins.local_models",
    "llm.default_plugins.openai_models",
    "llm.default_plugins.default_tools",
]


def show(folder: Path, before: str = "", **environment: str) -> dict[str, Any]:
    done = run(before + SHOW, folder, **environment)
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    shown["stderr"] = done.stderr
    return shown


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    install(tmp_path, "llm-one", "1.0", one=PLUGIN)
    install(tmp_path, "llm-two", "2.0", two=PLUGIN, three=PLUGIN)
    return tmp_path


def test_nothing_is_loaded_by_importing(installed: Path) -> None:
    """Importing `llm.plugins` loads no plugin and looks at no entry point; it brings pluggy and nothing else."""
    code = (
        "import sys; before = set(sys.modules)\nimport llm.plugins; llm.plugins.pm\n"
        "third = {name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)\n"
        "print(sorted(third), len(llm.plugins.pm.get_plugins()), 'importlib.metadata' in sys.modules)\n"
    )
    assert run(code, installed).stdout == "['llm', 'pluggy'] 0 False\n"


def test_installed_plugins_are_loaded_first(installed: Path) -> None:
    """All entry points are loaded under their names, then the built-in plugins under those of their modules."""
    shown = show(installed)
    assert sorted(shown["names"][:3]) == ["one", "three", "two"]
    assert shown["names"][3:] == [name for name in BUILT_IN if name in shown["names"]]


def test_distributions_are_known(installed: Path) -> None:
    """`get_plugins` tells name and version of the distribution; the hooks are sorted, unknown ones among them."""
    hooks = ["register_models", "register_zork"]
    shown = show(installed)
    assert sorted(shown["plugins"], key=json.dumps) == [
        {"name": "llm-one", "hooks": hooks, "version": "1.0"},
        {"name": "llm-two", "hooks": hooks, "version": "2.0"},
        {"name": "llm-two", "hooks": hooks, "version": "2.0"},
    ]
    assert all(list(plugin) == ["name", "hooks", "version"] for plugin in shown["plugins"])


def test_pluggy_knows_the_distributions(installed: Path) -> None:
    """pluggy's own list of distributions is filled in as if pluggy had loaded them."""
    code = "import llm; llm.load_plugins(); print(sorted(d.project_name for _, d in llm.pm.list_plugin_distinfo()))"
    assert run(code, installed).stdout == "['llm-one', 'llm-two', 'llm-two']\n"


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("llm-two,llm-one", ["two", "three", "one"]),
        (" llm_two , LLM.Two,, llm-one,llm-two", ["two", "three", "one"]),
        ("", []),
        (" , ", []),
    ],
)
def test_chosen_distributions(installed: Path, chosen: str, names: list[str]) -> None:
    """`LLM_LOAD_PLUGINS` names what is loaded instead, in its order; blanks and repeats do not matter."""
    shown = show(installed, LLM_LOAD_PLUGINS=chosen)
    assert [name for name in shown["names"] if name not in BUILT_IN] == names
    assert len(shown["plugins"]) == len(names)
    assert {plugin["version"] for plugin in shown["plugins"]} == ({"1.0", "2.0"} if names else set())


def test_when_the_choice_is_read(installed: Path) -> None:
    """`LLM_LOAD_PLUGINS` is read when `llm.plugins` is imported; what a program sets later does not count."""
    before = "import os\nos.environ['LLM_LOAD_PLUGINS'] = 'llm-one'\nimport llm.plugins\n"
    after = "os.environ['LLM_LOAD_PLUGINS'] = 'llm-two'\n"
    shown = show(installed, before=f"{before}{after}", LLM_LOAD_PLUGINS="")
    assert [plugin["name"] for plugin in shown["plugins"]] == ["llm-one"]


def test_asking_for_plugins_loads_none(installed: Path) -> None:
    """get_plugins() loads no plugins itself: before anything does, there are none."""
    assert run("import llm; print(llm.get_plugins(all=True))", installed).stdout == "[]\n"


def test_unknown_distribution(installed: Path) -> None:
    """A distribution that is not there gets a line on standard error; the others are loaded."""
    shown = show(installed, LLM_LOAD_PLUGINS="nope,llm-one")
    assert "Plugin nope could not be found" in shown["stderr"].splitlines()
    assert [plugin["name"] for plugin in shown["plugins"]] == ["llm-one"]


def test_distribution_without_plugins(installed: Path) -> None:
    """A distribution that has no entry points of the group is no error."""
    shown = show(installed, LLM_LOAD_PLUGINS="pluggy,llm-one")
    assert "pluggy" not in shown["stderr"]
    assert [plugin["name"] for plugin in shown["plugins"]] == ["llm-one"]


def test_test_flag(installed: Path) -> None:
    """`sys._called_from_test` keeps entry points out, and is looked at when loading starts."""
    shown = show(installed, before="import sys, llm.plugins\nsys._called_from_test = False\n")
    assert shown["plugins"] == []
    shown = show(installed, before="import sys\nsys._called_from_test = True\n", LLM_LOAD_PLUGINS="llm-one")
    assert [plugin["name"] for plugin in shown["plugins"]] == ["llm-one"]


def test_taken_names(installed: Path) -> None:
    """An entry point whose name is registered already is not even imported."""
    (installed / "one.py").write_text("raise SystemExit('imported')")
    before = "import types, llm\nllm.pm.register(types.ModuleType('mine'), name='one')\nllm.pm.set_blocked('two')\n"
    shown = show(installed, before=before)
    assert "imported" not in shown["stderr"]
    assert sorted(plugin["name"] for plugin in shown["plugins"]) == ["llm-two", "mine"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import does_not_exist", "ModuleNotFoundError: No module named 'does_not_exist'"),
        ("raise ValueError('two\\n  lines')", "ValueError: two lines"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def (", "SyntaxError: "),
        ("import llm\n@llm.hookimpl\ndef register_models(register, wrong): pass\n", "PluginValidationError: "),
    ],
)
def test_broken_plugin(installed: Path, source: str, reason: str) -> None:
    """A plugin that cannot be loaded is named in one line of standard error; all others are loaded."""
    install(installed, "llm-broken", "0.1", broken=source)
    shown = show(installed)
    lines = [line for line in shown["stderr"].splitlines() if "broken" in line]
    assert len(lines) == 1
    assert "llm-broken 0.1" in lines[0]
    assert reason in lines[0]
    assert {"one", "two", "three"} <= set(shown["names"])


def test_broken_plugin_with_errors_wanted(installed: Path) -> None:
    """With `LLM_RAISE_ERRORS` the error is raised, once, and everything else is loaded nevertheless."""
    install(installed, "llm-broken", "0.1", broken="1 / 0")
    before = "import llm\ntry:\n    llm.load_plugins()\n    raise SystemExit\nexcept ZeroDivisionError:\n    pass\n"
    shown = show(installed, before=before, LLM_RAISE_ERRORS="1", LLM_LOAD_PLUGINS="llm-broken,llm-one")
    assert [plugin["name"] for plugin in shown["plugins"]] == ["llm-one"]


def test_loading_is_done_once(installed: Path) -> None:
    """Later calls load nothing: a plugin that was unregistered stays out."""
    code = (
        "import llm; llm.load_plugins(); llm.pm.unregister(name='one'); llm.load_plugins(); llm.get_models()\n"
        "print(llm.pm.has_plugin('one'), llm.pm.has_plugin('two'))"
    )
    assert run(code, installed).stdout == "False True\n"


def test_plugin_that_asks_while_it_is_loaded(installed: Path) -> None:
    """A plugin may call functions of the registry while it is imported: it finds what is there by then."""
    install(installed, "llm-eager", "1", eager=f"import llm\nfound = llm.get_models()\nllm.load_plugins()\n{PLUGIN}")
    code = "import llm; llm.load_plugins(); import eager; print(eager.found, llm.pm.has_plugin('eager'))"
    assert run(code, installed, LLM_LOAD_PLUGINS="llm-eager,llm-one").stdout == "[] True\n"


def test_threads_wait_for_all_plugins(installed: Path) -> None:
    """A thread that asks while another loads gets its answer when all plugins are there."""
    (installed / "two.py").write_text(
        "import threading, time, llm\n"
        "def ask():\n    llm.load_plugins(); results.append(llm.pm.has_plugin('one'))\n"
        "results = []\nthreads = [threading.Thread(target=ask) for _ in range(5)]\n"
        "[thread.start() for thread in threads]\n"
        "deadline = time.monotonic() + 0.2\nwhile time.monotonic() < deadline: pass\n"
    )
    code = "import llm; llm.load_plugins(); import two; [t.join() for t in two.threads]; print(two.results)"
    done = run(code, installed, LLM_LOAD_PLUGINS="llm-two,llm-one")
    assert done.stdout == "[True, True, True, True, True]\n", done.stderr


def test_actions_wait_for_the_end_of_loading(installed: Path) -> None:
    """What a module wants done with all plugins is done at the end of loading, though a plugin imported the module."""
    (installed / "wants.py").write_text(
        "import llm\nfrom llm.registry.plugins import when_loaded\nseen = []\n"
        "when_loaded(lambda: seen.append([llm.pm.has_plugin(name) for name in ('one', 'two')]))\n"
    )
    (installed / "one.py").write_text(f"import wants\nassert wants.seen == []\n{PLUGIN}")
    for first in ("import llm\nllm.load_plugins()", "import wants"):
        done = run(f"{first}\nimport wants\nprint(wants.seen)", installed, LLM_LOAD_PLUGINS="llm-one,llm-two")
        assert done.stdout == "[[True, True]]\n", done.stderr


def test_actions_do_not_wait_for_another_thread(installed: Path) -> None:
    """Who is importing a module holds its import lock, which the loading thread may need: nobody is held up."""
    (installed / "wants.py").write_text(
        "import threading\nstarted.set()\nassert one_is_loading.wait(30)\n"
        "from llm.registry.plugins import when_loaded\nseen = []\nwhen_loaded(lambda: seen.append(1))\n"
    )
    (installed / "one.py").write_text(f"import builtins\nbuiltins.one_is_loading.set()\nimport wants\n{PLUGIN}")
    code = (
        "import builtins, threading, llm\n"
        "builtins.started, builtins.one_is_loading = threading.Event(), threading.Event()\n"
        "importer = threading.Thread(target=lambda: __import__('wants'), daemon=True)\nimporter.start()\n"
        "assert started.wait(30)\n"
        "loader = threading.Thread(target=llm.load_plugins, daemon=True)\nloader.start()\nloader.join(30)\n"
        "import wants; print(loader.is_alive(), wants.seen, llm.pm.has_plugin('one'))"
    )
    done = run(code, installed, LLM_LOAD_PLUGINS="llm-one")
    assert done.stdout == "False [1] True\n", done.stderr
