"""A plugin that is broken costs a warning line, whatever the command is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.registry.sites import HOOK, Site, command, models


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A plugin that works."""
    site = Site(tmp_path)
    site.install("good", models("model-good") + command("good"))
    return site


@pytest.mark.parametrize("source", ["import does_not_exist\n", "raise SystemExit(3)\n", "def (\n"])
def test_commands_work(site: Site, source: str) -> None:
    """Every command works, with one line on standard error that names the plugin; `--version` does not even load it."""
    site.install("broken", source)
    for words in (
        ["keys", "path"],
        ["--help"],
        ["good"],
        ["-m", "model-good", "two words"],
        ["models"],
        ["plugins"],
    ) * 2:
        ran = site.llm(*words)
        assert ran.err.count("\n") == 1, ran.err
        assert ran.err.startswith("Warning: plugin broken (of llm-broken 1.0) was not loaded. ")
    assert "Usage:" in site.llm("uninstall", "--help").out
    assert site.llm("--version").err == ""


def test_mended_in_place(site: Site) -> None:
    """When a broken plugin was mended, the next command has it."""
    site.install("broken", "1 / 0\n")
    site.llm("models")
    site.edit("broken", command("mended") + models("model-mended"))
    assert "mended" in site.llm("--help").out
    ran = site.llm("-m", "model-mended", "two words")
    assert (ran.out, ran.err) == ("model-mended of broken\n", "")


@pytest.mark.parametrize("hook", ["register_commands", "register_models", "register_tools"])
def test_failing_hook(site: Site, hook: str) -> None:
    """A plugin whose hook fails is named in one line by the commands that ask it; every command works."""
    site.install("fails", f"{HOOK}def {hook}():\n    raise OSError('no luck')\n")
    for words in (["keys", "path"], ["models"], ["tools"], ["-m", "model-good", "two words"], ["good"]) * 2:
        ran = site.llm(*words)
        assert ran.err in {
            "",
            f"Warning: plugin fails failed in {hook}. OSError: no luck (LLM_RAISE_ERRORS=1 shows where)\n",
        }
    assert site.llm("tools" if "tools" in hook else "models").err != ""


def test_errors_can_be_had(site: Site) -> None:
    """With `LLM_RAISE_ERRORS` the error of a plugin that fails to load is raised, manifest or not."""
    site.install("broken", "1 / 0\n")
    for _ in range(2):
        assert "ZeroDivisionError" in site.llm("keys", "path", LLM_RAISE_ERRORS="1", fails=True).err
        site.llm("keys", "path")


def test_interrupted(site: Site) -> None:
    """Ctrl-C while a plugin is imported ends the command, and is not taken for a fault of the plugin."""
    site.install("slow", "raise KeyboardInterrupt\n")
    ran = site.llm("keys", "path", fails=True)
    assert "Warning" not in ran.err
    assert not site.cache.exists()


def test_threads(site: Site) -> None:
    """Threads that look at the manager while plugins are left out all see all of them."""
    site.install(
        "threads",
        f"{HOOK}def register_commands(cli):\n    @cli.command('threads')\n    def threads():\n"
        "        import threading\n        seen = []\n"
        "        def look():\n            seen.append(len(llm.pm.get_plugins()))\n"
        "        running = [threading.Thread(target=look) for _ in range(8)]\n"
        "        [one.start() for one in running]\n        [one.join() for one in running]\n        print(set(seen))\n",
    )
    site.llm("keys", "path")
    ran = site.llm("threads")
    assert ran.out == "{5}\n"
    assert sorted(ran.imported) == ["good", "threads"]
