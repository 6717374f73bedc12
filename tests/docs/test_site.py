"""The site can be made of docs/: what `mkdocs build --strict` would find, as far as it shows without mkdocs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import llm
from tests.docs.pages import FENCED, ROOT
from tests.docs.reference import facades, names_of, page_of, pages
from tests.docs.site_hooks import BESIDE_DOCS, relinked

DOCS = ROOT / "docs"
FILES = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*") if path.is_file()}
GENERATED = {*pages(), *BESIDE_DOCS.values()}
SOURCES = [*(f"docs/{name}" for name in sorted(FILES) if name.endswith(".md")), *BESIDE_DOCS]
_TARGET = re.compile(r"\]\(([^)\s#:]+)[)#]")


@pytest.mark.parametrize("source", SOURCES)
def test_links_on_the_site(source: str) -> None:
    """Where the site has a page, its links lead to pages and pictures of the site."""
    place = Path(BESIDE_DOCS.get(source, source.removeprefix("docs/")))
    text = relinked((ROOT / source).read_text(encoding="utf-8"), source)
    targets = {(DOCS / place.parent / target).resolve() for target in _TARGET.findall(FENCED.sub("", text))}
    assert targets - {(DOCS / name).resolve() for name in FILES | GENERATED} == set()


@pytest.mark.parametrize(
    ("source", "link", "expected"),
    [
        ("docs/index.md", "[a](../CHANGELOG.md)", "[a](changelog.md)"),
        ("docs/plugins/hooks.md", "[a](../../AGENTS.md#x)", "[a](../map.md#x)"),
        ("docs/plugins/hooks.md", "[a](../setup.md#keys)", "[a](../setup.md#keys)"),
        ("CHANGELOG.md", "[a](docs/plugins/hooks.md)", "[a](plugins/hooks.md)"),
        ("docs/index.md", "[a](https://example.com/x.md)", "[a](https://example.com/x.md)"),
        ("docs/index.md", "[a](#here)", "[a](#here)"),
        ("docs/index.md", "```python\nf[a](../AGENTS.md)\n```", "```python\nf[a](../AGENTS.md)\n```"),
    ],
)
def test_relinked(source: str, link: str, expected: str) -> None:
    """Links between files of the repository become links between pages of the site; others stay."""
    assert relinked(link, source) == expected


@pytest.mark.parametrize("facade", facades())
def test_reference(facade: str) -> None:
    """The reference has each public name of an import path: in full, or as a link to where it is told in full."""
    page = pages()[page_of(facade)]
    told = set(re.findall(rf"^::: {re.escape(facade)}\.(\w+)$", page, re.MULTILINE))
    linked = set(re.findall(r"\[`(\w+)`\]\[llm\.\w+\]", page))
    modules = {name for name in names_of(facade) if name in {"sqlite_utils", "openai"}}
    assert told | linked | modules == set(names_of(facade))
    assert not told & linked


def test_reference_has_all_of_llm() -> None:
    """So has it each name of `llm.__all__`, on the page of `llm`."""
    page = pages()[page_of("llm")]
    assert [name for name in llm.__all__ if f"::: llm.{name}\n" not in page] == []


def test_pictures_show_the_rings() -> None:
    """The picture of the rings names those that the check of imports knows, from the outside to the inside."""
    layers = re.search(
        r'type = "layers"\nlayers = \[\n(.*?)\]', (ROOT / "pyproject.toml").read_text("utf-8"), re.DOTALL
    )
    assert layers is not None
    rings = re.findall(r"llm\.([a-z]+)\b", "".join(layers[1].splitlines(keepends=True)[1:-1]))
    drawn = re.findall(r'class="name"[^>]*>([^<]+)<', (DOCS / "pictures" / "rings.svg").read_text("utf-8"))
    assert drawn == ["façades", *rings]
