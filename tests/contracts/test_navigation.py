"""Each page of docs/ has a place on the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from tests.docs.pages import ROOT
from tests.docs.reference import pages
from tests.docs.site_hooks import BESIDE_DOCS

DOCS = ROOT / "docs"


def in_nav(entry: Any) -> Iterator[str]:
    """The pages of the navigation, in order."""
    if isinstance(entry, str):
        yield entry
    else:
        for child in entry.values() if isinstance(entry, dict) else entry:
            yield from in_nav(child)


def test_navigation() -> None:
    """The navigation in mkdocs.yml leads to each page once, and to none that is not there."""
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    written = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert sorted(in_nav(nav)) == sorted({*written, *pages(), *BESIDE_DOCS.values()})
