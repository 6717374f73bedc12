"""What the runner of examples finds wrong, and what it lets pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm.providers.local import available
from tests.docs.examples import session
from tests.docs.pages import blocks_of

FENCE = "```"


def page(folder: Path, text: str) -> Path:
    """A page in which three tildes stand for the fence."""
    path = folder / "page.md"
    path.write_text(text.replace("~~~", FENCE), encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    """Run a page and return what is wrong with it."""
    with session() as running:
        return [problem for block in blocks_of(page(folder, text)) for problem in running.problems(block)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~~~\nplain\n~~~", "neither run nor marked"),
        ("~~~ruby\nputs 1\n~~~", "'ruby'"),
        ("<!-- not run -->\n~~~python\n1/0\n~~~", "say why"),
        ("~~~python\nx = 1\n1/0\n~~~", "ZeroDivisionError"),
        ("~~~python\nx = \n~~~", "SyntaxError"),
        ("~~~pycon\n>>> 1 + 1\n3\n~~~", "Expected:"),
        ("~~~pycon\n>>> 1/0\n~~~", "ZeroDivisionError"),
        ("~~~pycon\n1 + 1\n~~~", "without a line"),
        ("~~~console\nllm hi\n~~~", "without a line"),
        ("~~~console\n$ llm hi\nGood morning\n~~~", "printed:\nYou said: hi"),
        ("~~~console\n$ llm -m nope hi\n~~~", "exit code 1"),
        ("~~~console\n$ llm hi\nError: ...\n~~~", "exit code 0"),
        ("~~~console\n$ llm install llm-x\n~~~", "change the environment"),
        ("~~~console\n$ rm -rf /\n~~~", "llm, echo and cat only"),
        ("~~~console\n$ cat missing.txt | llm\n~~~", "missing.txt"),
        ("~~~sh\nllm keys set\n~~~", "Missing argument"),
        ("~~~sh\nllm -m x --nope hi\n~~~", "--nope"),
        ("~~~json\n{\n~~~", "page.md:2"),
        ("~~~yaml\na: [\n~~~", "page.md:2"),
        ("<!-- plugin: broken.py -->\n~~~python\nimport nope\n~~~", "nope"),
    ],
)
def test_faults_are_found(text: str, expected: str, folder: Path) -> None:
    """Each of these pages has one problem, which says what and where."""
    (problem,) = problems(folder, text)
    assert expected in problem
    assert "page.md:" in problem


@pytest.mark.parametrize(
    "text",
    [
        "<!-- not run: needs a terminal -->\n~~~python\n1/0\n~~~",
        "<!-- local -->\n~~~python\n1/0\n~~~",
        "~~~text\nanything\n~~~",
        "~~~python\nx = 1\n~~~\nThen\n~~~pycon\n>>> x + 1\n2\n>>> print('a', 'b')\na...b\n~~~",
        "~~~console\n$ echo hi | llm\nYou said: hi\n~~~",
        "~~~console\n$ llm 'a long\n> prompt' < notes.txt > out.txt\n$ cat out.txt\nYou said: Pelicans...\n~~~",
        "~~~console\n$ LLM_MODEL=nope llm hi\nError: ...nope...\n$ llm -m demo \\\n    hi\nYou said: hi\n~~~",
        "~~~sh\npip install llm  # comment\nllm -m x 'hi'   # comment\nllm keys\n~~~",
        "<!-- file: deep/data.csv -->\n~~~csv\na,b\n~~~\n~~~console\n$ cat deep/data.csv\na,b\n~~~",
        "<!-- template: sum -->\n~~~yaml\nBe short\n~~~\n~~~console\n$ llm templates\nsum : Be short\n~~~",
        "- in a list:\n\n  ~~~pycon\n  >>> 1 + 1\n  2\n  ~~~",
    ],
)
def test_what_is_right_passes(text: str, folder: Path) -> None:
    """These pages are in order: marked blocks are left alone, the others show what happens."""
    assert problems(folder, text) == []


def test_marks_belong_to_the_next_block(folder: Path) -> None:
    """A mark counts for the block that follows it, and not beyond text in between."""
    text = "<!-- local -->\n\n~~~python\n~~~\n~~~python\n~~~\n<!-- local -->\nText.\n~~~python\n~~~"
    assert [list(block.marks) for block in blocks_of(page(folder, text))] == [["local"], [], []]


def test_plugins_are_replaced(folder: Path) -> None:
    """A module that a page changes counts as installed anew, and is gone after the page."""
    plugin = (
        "<!-- plugin: shout.py -->\n~~~python\nimport llm\n\nclass Shout(llm.Model):\n    model_id = 'shout'\n"
        "    def execute(self, prompt, stream, response, conversation):\n        yield '{}'\n\n"
        "@llm.hookimpl\ndef register_models(register):\n    register(Shout())\n~~~\n"
        "~~~console\n$ llm -m shout hi\n{}\n~~~\n"
    )
    assert problems(folder, plugin.format("HI", "HI") + plugin.format("HELLO", "HELLO")) == []
    (gone,) = problems(folder, "~~~console\n$ llm -m shout hi\nHELLO\n~~~")
    assert "exit code 1" in gone


def test_the_network_is_out_of_reach(folder: Path) -> None:
    """A block that wants to fetch something fails unless it is marked."""
    fetch = "~~~python\nimport llm\nllm.Attachment(url='http://127.0.0.1:9/x').resolve_type()\n~~~"
    (problem,) = problems(folder, fetch)
    assert "the network: mark its block" in problem


@pytest.mark.skipif(not available(), reason="needs llm[local]")
def test_the_embedded_model_is_not_downloaded(folder: Path) -> None:
    """So does a block that would download the embedded model."""
    (problem,) = problems(folder, "~~~python\nimport llm\nllm.get_model('smollm2').prompt('hi').text()\n~~~")
    assert "the embedded model: mark its block" in problem
