"""The embedded model itself. These tests run where `llm[local]` is installed."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

import llm
from llm.core.errors import ModelError
from llm.providers.local import catalog, weights
from llm.providers.local.catalog import EMBEDDED

pytestmark = [pytest.mark.local, pytest.mark.usefixtures("real")]

PATIENCE = 120
SOON = 45  #: seconds; what is interrupted in these tests takes minutes, and stopping one a second
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 30},
        "age": {"type": "integer", "minimum": 0, "maximum": 30},
        "colour": {"enum": ["brown", "black"]},
    },
    "required": ["name", "age", "colour"],
    "additionalProperties": False,
}


def test_answers() -> None:
    """The model answers a real question, and usage is counted."""
    response = llm.get_model("smollm2").prompt("What is the capital of France? Paris or Rome?", seed=1, max_tokens=40)
    assert len(response.text().split()) >= 2
    assert response.usage().input
    assert 0 < (response.usage().output or 0) <= 40


def test_streams() -> None:
    """The answer comes in several pieces."""
    assert len(list(llm.get_model("smollm2").prompt("Say hello", max_tokens=20, seed=1))) > 2


def test_async() -> None:
    """The async model answers as the blocking one does, with the same seed in the same words."""

    async def ask() -> list[str]:
        return [piece async for piece in llm.get_async_model("smollm2").prompt("Say hello", max_tokens=20, seed=1)]

    pieces = asyncio.run(ask())
    assert len(pieces) > 2
    assert "".join(pieces) == llm.get_model("smollm2").prompt("Say hello", max_tokens=20, seed=1).text()


def test_seed() -> None:
    """The same seed gives the same answer, whatever was asked in between."""
    model = llm.get_model("smollm2")
    first = model.prompt("Name a bird", max_tokens=25, seed=7).text()
    model.prompt("Name a bird and a fish", max_tokens=5).text()
    assert model.prompt("Name a bird", max_tokens=25, seed=7).text() == first


@pytest.mark.parametrize("seed", range(4))
def test_schema_is_enforced(seed: int) -> None:
    """With a schema the answer is JSON that fulfils it."""
    found = json.loads(llm.get_model("smollm2").prompt("Invent a dog", schema=SCHEMA, seed=seed).text())
    assert set(found) == {"name", "age", "colour"}
    assert isinstance(found["name"], str)
    assert 0 <= found["age"] <= 30
    assert found["colour"] in {"brown", "black"}


def test_schema_that_makes_no_sense() -> None:
    """A schema that llama.cpp does not understand is a model's error."""
    with pytest.raises(ModelError, match="nonsense"):
        llm.get_model("smollm2").prompt("hi", schema={"type": "nonsense"}).text()


def test_conversation_goes_on() -> None:
    """A conversation's second prompt includes the first, so more tokens are read."""
    conversation = llm.get_model("smollm2").conversation()
    first = conversation.prompt("My name is Ada.", max_tokens=5)
    first.text()
    second = conversation.prompt("Who am I?", max_tokens=5)
    second.text()
    assert (second.usage().input or 0) > (first.usage().input or 0)


def test_too_long_a_prompt() -> None:
    """A prompt that does not fit is an error that says by how much."""
    with pytest.raises(ModelError, match="8192"):
        llm.get_model("smollm2").prompt("word " * 9000).text()


def test_stopping_early() -> None:
    """When a consumer leaves, generation stops, and the next prompt is answered."""
    model = llm.get_model("smollm2")
    pieces = model.prompt("Write a very long story about the sea", max_tokens=8000, temperature=2).stream_events()
    with closing(cast("Generator[Any, None, None]", pieces)) as events:
        next(events)
    for thread in [thread for thread in threading.enumerate() if thread.name == "llm-local"]:
        thread.join(SOON)
        assert not thread.is_alive()
    assert model.prompt("Say hello", max_tokens=3).text()


def test_added_file_works_alike(real: Path) -> None:
    """A GGUF file that was added answers, streams and keeps to schemas."""
    catalog.add("mine", weights.path_of(EMBEDDED), context=1024)
    model = llm.get_model("mine")
    assert len(list(model.prompt("Say hello", max_tokens=20, seed=1))) > 2
    assert "name" in json.loads(model.prompt("Invent a dog", schema=SCHEMA, seed=1, temperature=0.2).text())
    with pytest.raises(ModelError, match="1024"):
        model.prompt("word " * 2000).text()


def test_embedding_with_an_added_file(real: Path) -> None:
    """A GGUF file that was added for it makes vectors; a text that is too long is refused, with what to do."""
    catalog.add("vectors", weights.path_of(EMBEDDED), context=256, embedding=True)
    model = llm.get_embedding_model("vectors")
    cat, kitten, bond = model.embed_multi(["a small cat", "a small kitten", "interest rates of bonds"])
    assert len(cat) == len(kitten) == len(bond) > 100
    assert llm.cosine_similarity(cat, kitten) > llm.cosine_similarity(cat, bond)
    with pytest.raises(ModelError, match=r"256 tokens.*--context"):
        model.embed("word " * 500)


def test_silent(real: Path) -> None:
    """Nothing of llama.cpp's own log is seen, and the process ends cleanly."""
    code = "import llm; print(llm.get_model('smollm2').prompt('Say hello', max_tokens=3).text())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
@pytest.mark.parametrize("prompt", ["'Write a very long story'", "'word ' * 6000"], ids=["answering", "reading"])
def test_interrupt(prompt: str, real: Path) -> None:
    """Ctrl-C ends a process at once and cleanly, while it answers and while it still reads the prompt."""
    code = (
        "import llm, signal, threading\n"
        f"response = llm.get_model('smollm2').prompt({prompt}, max_tokens=8000, temperature=2)\n"
        "threading.Timer(1, signal.raise_signal, [signal.SIGINT]).start()\n"
        "try:\n    response.text()\n"
        "except KeyboardInterrupt:\n    print('interrupted', flush=True)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=SOON)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "interrupted\n", "")


@pytest.mark.skipif(os.name == "nt", reason="no process has only its own standard error there")
def test_damaged_gguf_file(real: Path, tmp_path: Path) -> None:
    """A GGUF file that is cut off is refused with llama.cpp's reason, and the process goes on."""
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(weights.path_of(EMBEDDED).read_bytes()[:10_000_000])
    catalog.add("cut", cut)
    with pytest.raises(ModelError, match=r"cannot load .*cut\.gguf: .*(corrupted|incomplete)"):
        llm.get_model("cut").prompt("hi").text()
    assert llm.get_model("smollm2").prompt("hi", max_tokens=2).text()
