"""The examples in README and docs run, and show what really happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm.providers.local import available
from tests.docs.examples import session
from tests.docs.pages import PAGES, ROOT, blocks_of

WITH_LOCAL_BLOCKS = [page for page in PAGES if any("local" in block.marks for block in blocks_of(page))]


def problems_on(page: Path, *, local: bool = False) -> list[str]:
    """Run a page and return what is wrong with it."""
    with session(local=local) as running:
        return [problem for block in blocks_of(page) for problem in running.problems(block)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples(page: Path, folder: Path) -> None:
    """Each block of the page is run with the result that it shows, or is marked with the reason why it is not."""
    problems = problems_on(page)
    assert not problems, "\n\n".join(problems)


@pytest.mark.local
@pytest.mark.skipif(not available(), reason="needs llm[local]")
@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("page", WITH_LOCAL_BLOCKS, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_with_the_embedded_model(page: Path, folder: Path) -> None:
    """So are the blocks that need the embedded model."""
    problems = problems_on(page, local=True)
    assert not problems, "\n\n".join(problems)
