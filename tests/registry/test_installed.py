"""Finding entry points without importing `importlib.metadata`."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from llm.registry.installed import installed_plugins


def declare(folder: Path, name: str, text: str) -> None:
    """Make a distribution with this `entry_points.txt`."""
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(text, encoding="utf-8")


def found(group: str) -> list[tuple[str, str]]:
    """Name and value of each entry point of a group."""
    return [(plugin.name, plugin.value) for plugin in installed_plugins(group)]


@pytest.mark.parametrize("group", ["console_scripts", "pytest11", "llm"])
def test_same_as_importlib_metadata(group: str) -> None:
    """The entry points of this environment are those that `importlib.metadata` reports."""
    assert sorted(found(group)) == sorted((point.name, point.value) for point in entry_points(group=group))


def test_plugins_and_their_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin comes with the name and version of its distribution; other groups do not count."""
    declare(tmp_path, "llm-one", "[console_scripts]\none = one:main\n\n[llm]\none = one_module\n")
    declare(tmp_path, "not-a-plugin", "[console_scripts]\nllm = x:main\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    (plugin,) = installed_plugins("llm")
    assert (plugin.name, plugin.value) == ("one", "one_module")
    assert plugin.distribution is not None
    assert (plugin.distribution.metadata["Name"], plugin.distribution.version) == ("llm-one", "1.0")


def test_the_first_of_a_name_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two distributions of one name, however it is spelt, the one that comes first on the path is used."""
    declare(tmp_path / "a", "llm_two", "[llm]\ntwo = first\n")
    declare(tmp_path / "b", "LLM-two", "[llm]\ntwo = second\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "missing"), str(tmp_path / "a"), str(tmp_path / "b")])
    assert found("llm") == [("two", "first")]


def test_other_finders_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where distributions may come from elsewhere than folders, `importlib.metadata` answers."""

    class Finder:
        @staticmethod
        def find_distributions(_: object) -> list[object]:
            return []

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert sorted(found("pytest11")) == sorted((point.name, point.value) for point in entry_points(group="pytest11"))


@pytest.mark.parametrize("value", ["os.path : join", "os:path.join [extra, more]", "os.path"])
def test_values_load_like_those_of_importlib_metadata(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """What a value stands for, and the module in it, is what `importlib.metadata` makes of it."""
    declare(tmp_path, "llm-three", f"# a comment\n[llm]\n\n# another = x\nthree = {value}\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (plugin,) = (one for one in installed_plugins("llm") if one.name == "three")
    (same,) = entry_points(group="llm", name="three")
    assert plugin.load() is same.load()
    assert plugin.module == same.module
