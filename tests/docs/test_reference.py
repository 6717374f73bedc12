"""Everything public is documented, and links between pages lead somewhere."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pydantic
import pytest

import llm
from tests.docs.pages import FENCED, PAGES, ROOT
from tests.docs.site_hooks import BESIDE_DOCS

PYTHON_API = (ROOT / "docs" / "python-api.md").read_text(encoding="utf-8")
#: Helpers for the log store's own code; the storage format is no matter for programs.
NOT_FOR_PROGRAMS = {"ensure_fragment", "ensure_tool", "ensure_tool_instance", "sqlite_utils"}
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def names_of(facade: str) -> list[str]:
    """The public names of an import path."""
    return [name for name in importlib.import_module(facade)._HOMES if not name.startswith("_")]


def is_documented(name: str) -> bool:
    """Tell whether the page has the name as code: after `llm.` or an import path, imported, or first in a code span."""
    return re.search(rf"(llm\.(\w+\.)?|import .*|`){name}\b", PYTHON_API) is not None


@pytest.mark.parametrize("name", sorted({*llm.__all__, *names_of("llm")}))
def test_names_of_llm(name: str) -> None:
    """docs/python-api.md tells of each public name of `llm`, of those outside `__all__` too."""
    assert is_documented(name)


@pytest.mark.parametrize("facade", ["llm.parts", "llm.serialization", "llm.errors", "llm.tools", "llm.utils"])
def test_names_of_submodules(facade: str) -> None:
    """It tells of the public names of the submodules that programs import from."""
    names = set(names_of(facade)) - NOT_FOR_PROGRAMS
    assert {name for name in names if not is_documented(name)} == set()


#: What the log store asks of a response, and what Pydantic brings into a template.
NOT_FOR_CALLERS = {"turn_record", "partial_record", "given_options", "history", "instance_id", *dir(pydantic.BaseModel)}
PLUGIN_PAGE = (ROOT / "docs" / "plugins" / "model-plugins.md").read_text(encoding="utf-8")
CLASSES = [
    llm.Model, llm.AsyncKeyModel, llm.EmbeddingModel, llm.Response, llm.AsyncResponse, llm.Conversation,
    llm.AsyncConversation, llm.models.ChainResponse, llm.models.AsyncChainResponse, llm.Prompt, llm.Tool, llm.Toolbox,
    llm.ServerSideTool, llm.Attachment, llm.Fragment, llm.Template, llm.Usage, llm.Message,
]  # fmt: skip


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_members_of_classes(cls: type) -> None:
    """One of the two pages for programmers tells of each public method and attribute of the main classes."""
    inherited = {*dir(str)} if issubclass(cls, str) else set()
    names = {name for name in dir(cls) if not name.startswith("_")} - NOT_FOR_CALLERS - inherited
    pages = PYTHON_API + PLUGIN_PAGE
    assert {name for name in names if not re.search(rf"\b{name}\b", pages)} == set()


@pytest.mark.parametrize(
    "page", [*PAGES, *(ROOT / name for name in BESIDE_DOCS)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_links(page: Path) -> None:
    """Links to other pages lead to files that exist, and to headings that they have."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    targets = [target for target in _LINK.findall(text) if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in targets if not leads_somewhere(page, target)] == []


def leads_somewhere(page: Path, target: str) -> bool:
    """Tell whether a relative link on `page` can be followed."""
    name, _, heading = target.partition("#")
    file = page.parent / name if name else page
    return file.exists() and (not heading or heading in anchors_of(file))


def anchors_of(page: Path) -> set[str]:
    """The names under which the headings of a page can be linked to."""
    headings = re.findall(r"^#+ +(.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}
