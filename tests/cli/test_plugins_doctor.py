"""`llm plugins doctor` finds what is wrong with installed plugins and says how to mend it; `--times` what they cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.registry.sites import HOOK, Site, command, models


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A plugin that is in order."""
    site = Site(tmp_path)
    site.install("good", models("model-good,nick") + command("good"))
    return site


def problems(site: Site, *, fails: bool = True) -> dict[str, tuple[str, str]]:
    """What the doctor finds, by plugin."""
    ran = site.llm("plugins", "doctor", "--json", fails=fails)
    return {row["plugin"]: (row["problem"], row["mend"]) for row in json.loads(ran.out)}


def test_all_is_well(site: Site) -> None:
    """Without problems one line says so, and the exit code is 0."""
    assert site.llm("plugins", "doctor").out == "No problems found in 1 plugin\n"
    assert problems(site, fails=False) == {}


def test_text(site: Site) -> None:
    """A problem is a line that names the plugin, and an indented one that says what to do; the exit code is 1."""
    site.install("broken", "1 / 0\n")
    ran = site.llm("plugins", "doctor", fails=True)
    assert ran.out == (
        "broken (of llm-broken 1.0): cannot be loaded. ZeroDivisionError: division by zero\n"
        "    llm install -U llm-broken, or: llm uninstall llm-broken\n"
    )


def test_missing_module(site: Site) -> None:
    """A plugin that cannot be loaded because a module is missing: which one is told."""
    site.install("lacking", "import does_not_exist.at_all\n")
    ((problem, mend),) = problems(site).values()
    assert "No module named 'does_not_exist'" in problem
    assert mend == "llm install does_not_exist (if that is the package with this module), or: llm uninstall llm-lacking"


def test_requirements(site: Site) -> None:
    """Declared dependencies that are missing or too old are found; extras and other platforms do not count."""
    for number, line in enumerate(
        ["not-there>=2", "click>=1000", "click>=1", "nope; extra == 'x'", "nope; python_version < '3'", "((broken"]
    ):
        site.install(f"p{number}", models(f"m{number}"))
        with (site.folder / f"llm_p{number}-1.0.dist-info" / "METADATA").open("a") as metadata:
            metadata.write(f"Requires-Dist: {line}\n")
    found = problems(site)
    assert set(found) == {"p0 (of llm-p0 1.0)", "p1 (of llm-p1 1.0)"}
    assert found["p0 (of llm-p0 1.0)"] == (
        "needs not-there>=2, which is not installed",
        "llm install 'not-there>=2', or: llm uninstall llm-p0",
    )
    assert "needs click>=1000, but " in found["p1 (of llm-p1 1.0)"][0]


@pytest.mark.parametrize("hook", ["register_models", "register_tools", "register_commands"])
def test_failing_hook(site: Site, hook: str) -> None:
    """A plugin that fails when it is asked what it offers is found, and stops the examination of no other."""
    site.install("fails", f"{HOOK}def {hook}():\n    raise OSError('no luck')\n")
    ((problem, mend),) = problems(site).values()
    assert problem == f"fails in {hook}. OSError: no luck"
    assert "llm uninstall llm-fails" in mend


CLASHES = {
    "model": (models("model-good"), "model name: model-good", "aliases set"),
    "alias": (models("other,nick"), "model name: nick", "aliases set"),
    "built-in": (models("gpt-4o"), "model name: gpt-4o", "aliases set"),
    "command": (command("good"), "command: good", "uninstall"),
    "tool": (f"{HOOK}def register_tools(register):\n    register(len, 'llm_time')\n", "tool: llm_time", "llm_time_1"),
}


@pytest.mark.parametrize("what", CLASHES)
def test_clashes(site: Site, what: str) -> None:
    """Two plugins with a model, alias, command or tool of the same name are found, and told which of them counts."""
    source, problem, mend = CLASHES[what]
    site.install("late", source)
    ((found, how),) = problems(site).values()
    assert found == f"have the same {problem}"
    assert mend in how


@pytest.mark.parametrize("kind", ["template", "fragment"])
def test_clashing_prefixes(site: Site, kind: str) -> None:
    """Two plugins with a loader of the same prefix are found; the suffix is told under which the second is reached."""
    for name in ("one", "two"):
        site.install(name, f"{HOOK}def register_{kind}_loaders(register):\n    register('pre', lambda rest: None)\n")
    ((found, how),) = problems(site).values()
    assert found == f"have the same {kind} prefix: pre"
    assert "pre_1:" in how


def test_wrapping_is_no_clash(site: Site) -> None:
    """Two plugins that change the same built-in command get along."""
    for name in ("one", "two"):
        site.install(name, f"{HOOK}def register_commands(cli):\n    cli.commands['keys'].epilog = '{name}'\n")
    assert problems(site, fails=False) == {}


def test_same_entry_point(site: Site) -> None:
    """Of two distributions with a plugin of one name only the first is loaded; the other is found."""
    site.install("zz")
    (site.folder / "llm_zz-1.0.dist-info" / "entry_points.txt").write_text("[llm]\ngood = zz\n")
    ((problem, mend),) = problems(site).values()
    assert problem == "is not loaded, because good (of llm-good 1.0) has the same name"
    assert "llm uninstall llm-zz" in mend


def test_unknown_hooks(site: Site) -> None:
    """A hook that nobody calls is told, but is nothing to be mended: the exit code is 0."""
    site.install("hooks", f"{models('model-h')}{HOOK}def register_prompts():\n    pass\n")
    ((problem, mend),) = problems(site, fails=False).values()
    assert problem == "implements register_prompts, which nobody calls"
    assert mend.startswith("Harmless")


def test_times(site: Site) -> None:
    """`llm plugins --times` adds the seconds that each plugin takes to import, in a process of its own."""
    site.install("slow", "import time\ntime.sleep(0.3)\n" + models("model-slow"))
    site.install("shy", "import sys\nif 'llm.cli' not in sys.modules:\n    raise ImportError\n" + models("model-shy"))
    rows = {row["name"]: row for row in json.loads(site.llm("plugins", "--times").out)}
    assert list(rows["llm-slow"]) == ["name", "hooks", "version", "import_seconds"]
    assert rows["llm-slow"]["import_seconds"] >= 0.3
    assert rows["llm-good"]["import_seconds"] < rows["llm-slow"]["import_seconds"]
    assert rows["llm-shy"]["import_seconds"] is None


def test_plugins_takes_no_other_words(site: Site) -> None:
    """A word that is no subcommand is a usage error."""
    assert "No such command 'zork'" in site.llm("plugins", "zork", fails=True).err
