"""The manifest is believed only as long as nothing has changed; otherwise all plugins are loaded, which is right."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.registry.sites import HOOK, NOTE, Site, command, llm_script, models


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Two plugins that the command line knows."""
    site = Site(tmp_path)
    site.install("a", models("model-a"))
    site.install("b", command("bee"))
    site.llm("models")
    assert site.llm("keys", "path").imported == []
    return site


def test_installed(site: Site) -> None:
    """A plugin that was installed is there with the next command."""
    site.install("new", command("fresh") + models("model-new"))
    assert "Run fresh." in site.llm("--help").out
    assert site.llm("fresh").imported == ["new"]
    assert site.llm("-m", "model-new", "two words").out == "model-new of new\n"


def test_uninstalled(site: Site) -> None:
    """The commands and models of a plugin that was uninstalled are gone with the next command."""
    shutil.rmtree(site.folder / "llm_b-1.0.dist-info")
    (site.folder / "b.py").unlink()
    assert "bee" not in site.llm("--help").out
    assert "Usage: llm prompt" in site.llm("bee", "--zork", fails=True).err


def test_upgraded(site: Site) -> None:
    """A plugin of another version is looked at anew."""
    (site.folder / "llm_b-1.0.dist-info").rename(site.folder / "llm_b-2.0.dist-info")
    assert sorted(site.llm("keys", "path").imported) == ["a", "b"]


@pytest.mark.parametrize("same_time", [False, True])
def test_edited_in_place(site: Site, same_time: bool) -> None:
    """A changed source file is noticed, also if its time and size are what they were."""
    source = site.folder / "b.py"
    before = source.stat()
    source.write_text(source.read_text().replace("bee", "ant"))
    if same_time:
        os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "Run ant." in site.llm("--help").out
    assert site.llm("ant").out == "ant runs\n"


def test_edited_entry_points(site: Site) -> None:
    """An entry point that was added to a distribution in place is noticed."""
    (site.folder / "more.py").write_text(NOTE + command("more"))
    (site.folder / "llm_b-1.0.dist-info" / "entry_points.txt").write_text("[llm]\nb = b\nmore = more\n")
    assert site.llm("more").out == "more runs\n"


def test_edited_part_of_a_package(site: Site) -> None:
    """Of a package every module counts, and its data files; so does a module beside it that is not installed."""
    package = site.folder / "parts"
    package.mkdir()
    (package / "data.txt").write_text("one")
    (package / "names.py").write_text("import beside\nNAME = beside.NAME\n")
    (site.folder / "beside.py").write_text("NAME = 'x'\n")
    (package / "__init__.py").write_text(NOTE + "from parts.names import NAME\n" + command("parted"))
    metadata = site.folder / "llm_parts-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-parts\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[llm]\nparts = parts\n")
    for changed in (package / "data.txt", package / "names.py", site.folder / "beside.py"):
        site.llm("keys", "path")
        assert site.llm("keys", "path").imported == []
        changed.write_text(changed.read_text() + "\n")
        assert sorted(site.llm("keys", "path").imported) == ["a", "b", "parts"]


CHANGING = f"""
from pathlib import Path
def names():
    path = llm.user_dir() / "list.txt"
    return path.read_text().split() if path.exists() else []
class Listed(llm.Model):
    def __init__(self, model_id):
        self.model_id = model_id
    def execute(self, prompt, stream, response, conversation):
        yield "listed " + self.model_id
{HOOK}def register_models(register):
    for name in names():
        register(Listed(name))
"""


def test_changing_models(site: Site) -> None:
    """A plugin whose models come from a list that changes is asked whenever a name is not found, and then always."""
    listed = site.folder / "user" / "list.txt"
    listed.write_text("first")
    site.install("dyn", CHANGING)
    site.llm("models")
    assert site.llm("-m", "first", "two words").imported == ["dyn"]
    listed.write_text("second")
    assert "Unknown model: first" in site.llm("-m", "first", "two words", fails=True).err
    assert site.llm("-m", "second", "two words").out == "listed second\n"
    # Known to change by now: it may take over a name of another plugin, so it is asked about those too.
    listed.write_text("second\nmodel-a")
    assert site.llm("-m", "model-a", "two words").out == site.llm(
        "-m", "model-a", "two words", LLM_NO_PLUGIN_CACHE="1"
    ).out  # fmt: skip
    assert site.llm("keys", "path").imported == []


def test_commands_that_come_and_go(site: Site) -> None:
    """A command that a plugin adds under a condition is found by its name, and listed from then on."""
    site.install("cond", f"if os.environ.get('MORE'):\n    NAME = 'more'\nelse:\n    NAME = 'less'\n{COND}")
    site.llm("keys", "path")
    assert site.llm("less").imported == ["cond"]
    assert site.llm("more", MORE="1").out == "more runs\n"
    assert "more" in site.llm("--help", MORE="1").out
    assert "more" not in site.llm("--help").out


COND = f"""
{HOOK}def register_commands(cli):
    @cli.command(NAME)
    def run():
        print(NAME, "runs")
"""


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("bee", "ant"),
        lambda text: "[1, 2]\n" + "0",
        lambda text: json.dumps({"format": 1}),
        lambda text: "\x00\xff",
    ],
)  # fmt: skip
def test_damaged(site: Site, damage: object) -> None:
    """A manifest that is damaged in whatever way is made again, without a word."""
    (stored,) = site.cache.iterdir()
    stored.write_text(damage(stored.read_text()))  # type: ignore[operator]
    ran = site.llm("keys", "path")
    assert (sorted(ran.imported), ran.err) == (["a", "b"], "")
    assert site.llm("keys", "path").imported == []


def test_deleted(site: Site) -> None:
    """Deleting the cache is harmless."""
    shutil.rmtree(site.cache)
    assert sorted(site.llm("keys", "path").imported) == ["a", "b"]
    assert site.llm("keys", "path").imported == []


def test_nowhere_to_write(site: Site) -> None:
    """Where the cache cannot be written, commands work as if there were none."""
    shutil.rmtree(site.cache)
    site.cache.write_text("a file is in the way")
    for _ in range(2):
        ran = site.llm("keys", "path")
        assert (sorted(ran.imported), ran.err) == (["a", "b"], "")


def test_private(site: Site) -> None:
    """Only the user can read the cache, which names what is installed."""
    (stored,) = site.cache.iterdir()
    if os.name != "nt":
        assert stored.stat().st_mode & 0o077 == 0
        assert site.cache.stat().st_mode & 0o077 == 0


def test_written_by_several_at_once(site: Site) -> None:
    """Processes that write the manifest at the same time leave one that is whole, and no litter."""
    settings = {**os.environ, "PYTHONPATH": str(site.folder), "LLM_USER_PATH": str(site.folder / "user")}
    settings |= {"IMPORT_LOG": os.devnull}
    settings.pop("LLM_LOAD_PLUGINS", None)
    words = [sys.executable, str(llm_script())]
    for _ in range(3):
        shutil.rmtree(site.cache)
        with ThreadPoolExecutor(6) as pool:
            runs = [
                pool.submit(subprocess.run, [*words, *more], env=settings, capture_output=True, check=True)
                for more in (["keys", "path"], ["models"], ["--help"]) * 2
            ]
        assert [run.result().stderr for run in runs] == [b""] * 6
        assert len(list(site.cache.iterdir())) == 1
        assert site.llm("keys", "path").imported == []


def test_environments_have_manifests_of_their_own(site: Site, tmp_path: Path) -> None:
    """Environments that share a user directory do not spoil each other's manifest; old ones are removed."""
    for number in range(12):
        (tmp_path / f"path{number}").mkdir()
        both = os.pathsep.join([str(site.folder), str(tmp_path / f"path{number}")])
        assert site.llm("keys", "path", PYTHONPATH=both).imported != []
        assert site.llm("keys", "path", PYTHONPATH=both).imported == []
    assert len(list(site.cache.iterdir())) <= 9
