"""How llama.cpp is loaded and asked, with a stand-in for it."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from llm.core.errors import MissingExtraError, ModelError
from llm.providers.local import available
from llm.providers.local.runtime import Chunk, Runtime, RuntimeSettings, runtime_for, unload_all
from tests.providers.local.scripted import ScriptedLlamaCpp, answer

SETTINGS = RuntimeSettings(Path("/m.gguf"), 512, fits=True)
PATIENCE = 30


def never() -> bool:
    return False


def asked(runtime: Runtime) -> list[Chunk]:
    """All chunks of an answer."""
    taken: list[Chunk] = []
    runtime.chat({"messages": []}, taken.append, never)
    return taken


def test_loaded_once(llama_cpp: ScriptedLlamaCpp) -> None:
    """The same weights are loaded once for each process, others beside them."""
    assert runtime_for(SETTINGS) is runtime_for(RuntimeSettings(Path("/m.gguf"), 512, fits=True))
    runtime_for(RuntimeSettings(Path("/other.gguf"), 512, fits=False))
    assert [params.model.path for params in llama_cpp.loaded] == [str(Path("/m.gguf")), str(Path("/other.gguf"))]


def test_loaded_once_by_many_threads(llama_cpp: ScriptedLlamaCpp) -> None:
    """So it is when threads ask at once, and their requests do not overlap."""
    threads = [threading.Thread(target=lambda: asked(runtime_for(SETTINGS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(llama_cpp.loaded) == 1
    assert len(llama_cpp.requests) == 8


def test_loaded_anew_after_unloading(llama_cpp: ScriptedLlamaCpp) -> None:
    """An unloaded model is loaded again when it is asked for."""
    runtime_for(SETTINGS)
    unload_all()
    runtime_for(SETTINGS)
    assert len(llama_cpp.loaded) == 2


def test_parameters(llama_cpp: ScriptedLlamaCpp) -> None:
    """One conversation at a time with the context asked for, silent, a second copy of conversations not kept."""
    runtime_for(SETTINGS)
    (params,) = llama_cpp.loaded
    assert (params.n_ctx, params.n_parallel, params.verbosity, params.cache_ram_mib) == (512, 1, 0, 0)
    assert params.cpuparams.n_threads >= 1


def test_nobody_else_can_ask(llama_cpp: ScriptedLlamaCpp) -> None:
    """What the server listens on is gone once it runs, and it wants a key that is new each time."""
    runtime_for(SETTINGS)
    runtime_for(RuntimeSettings(Path("/other.gguf"), 512, fits=True))
    first, second = llama_cpp.loaded
    assert first.api_keys != second.api_keys
    assert len(first.api_keys[0]) >= 32
    if sys.platform != "win32":
        assert llama_cpp.addresses_existed == [True, True]
        assert not [name for params in llama_cpp.loaded for name in params.hostnames if Path(name).parent.exists()]


def test_chunks_are_handed_over(llama_cpp: ScriptedLlamaCpp) -> None:
    """The taker gets every chunk; the request goes out as it is."""
    assert asked(runtime_for(SETTINGS)) == answer("Hel", "lo")
    assert llama_cpp.requests == [{"messages": []}]


def test_stops_when_it_is_over(llama_cpp: ScriptedLlamaCpp) -> None:
    """Generation stops with the chunk after which nobody wants more."""
    llama_cpp.endless = True
    taken: list[Chunk] = []
    runtime_for(SETTINGS).chat({}, taken.append, lambda: len(taken) == 2)
    assert len(taken) == 2
    assert llama_cpp.stopped.is_set()


def test_waiting_request_can_be_given_up(llama_cpp: ScriptedLlamaCpp) -> None:
    """A request that waits for its turn ends when it is no longer wanted."""
    llama_cpp.endless = True
    runtime, over, begun = runtime_for(SETTINGS), threading.Event(), threading.Event()
    busy = threading.Thread(target=runtime.chat, args=({}, lambda chunk: begun.set(), over.is_set))
    busy.start()
    try:
        assert begun.wait(PATIENCE)
        runtime.chat({"given": "up"}, lambda chunk: None, lambda: True)
    finally:
        over.set()
        busy.join(PATIENCE)
    assert llama_cpp.requests == [{}]


@pytest.mark.parametrize("refusal", [ValueError("bad schema"), RuntimeError("bad text")])
def test_refused_request(refusal: Exception, llama_cpp: ScriptedLlamaCpp) -> None:
    """A request that llama.cpp refuses is a model's error with its words; the next one is answered."""
    llama_cpp.refusal = refusal
    with pytest.raises(ModelError, match=str(refusal)):
        asked(runtime_for(SETTINGS))
    llama_cpp.refusal = None
    assert asked(runtime_for(SETTINGS))


def test_file_that_cannot_be_loaded(llama_cpp: ScriptedLlamaCpp, capfd: pytest.CaptureFixture[str]) -> None:
    """The error names the file and what llama.cpp said of it, of which nothing else is seen."""
    llama_cpp.unloadable = "0.1 E load: error loading model: unknown architecture 'x'\n0.2 E more\n"
    with pytest.raises(ModelError, match=r"m\.gguf: unknown architecture 'x'$"):
        runtime_for(SETTINGS)
    assert capfd.readouterr().err == ""


def test_file_that_cannot_be_loaded_for_no_reason(llama_cpp: ScriptedLlamaCpp) -> None:
    """Where llama.cpp says nothing, the wrapper's own message has to do."""
    llama_cpp.unloadable = ""
    with pytest.raises(ModelError, match=r"m\.gguf: Failed to init"):
        runtime_for(SETTINGS)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `xllamacpp`, the error names the command that installs it."""
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    assert not available()
    with pytest.raises(MissingExtraError, match=r"llm install 'llm\[local\]'"):
        runtime_for(SETTINGS)
