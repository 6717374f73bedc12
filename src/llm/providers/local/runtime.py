"""llama.cpp inside this process: one loaded model for each weights file, answering one request at a time.

`xllamacpp` wraps llama.cpp's server, which insists on an address to listen on. It gets a Unix socket whose folder is
removed at once, or, where there are none, a port of this computer with a random key, so nobody else can talk to it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llm.core.errors import MissingExtraError, ModelError
from llm.providers.local import available

Chunk = dict[str, Any]

_MOST_THREADS = 8
_BATCH = 64  #: tokens of a prompt between two chances to stop; larger ones are hardly faster without a graphics card
_PAUSE = 0.1  #: seconds between two looks at whether a waiting request is still wanted
_SILENT, _ERRORS = 0, 1  #: levels of llama.cpp's log, which goes to the process's standard error
_LONGEST_SOCKET_PATH = 100
_METADATA = 1 << 20  #: bytes at the beginning of a weights file in which its properties are


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """What is needed to load a model."""

    weights: Path
    context: int  #: tokens
    fits: bool  #: known to fit into memory; otherwise llama.cpp works out what to leave outside a graphics card
    embedding: bool = False  #: it makes vectors


class Runtime:
    """A loaded model. Threads may share it; their requests are answered one after the other."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._turn = threading.Lock()

    def chat(self, request: Mapping[str, Any], take: Callable[[Chunk], object], is_over: Callable[[], bool]) -> None:
        """Answer an OpenAI-style chat request; `take` gets each chunk of the stream.

        `is_over` is asked again and again whether the answer is still wanted; if not, generation stops. Neither may
        raise: llama.cpp calls them. Raises `ModelError` if the request is refused.
        """

        def stops_after(chunk: Chunk) -> bool:
            if not is_over():
                take(chunk)
            return is_over()

        while not self._turn.acquire(timeout=_PAUSE):
            if is_over():
                return
        try:
            self._server.handle_chat_completions(dict(request), stops_after)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"llama.cpp refuses the request: {error}") from error
        finally:
            self._turn.release()

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors of texts, in their order. Raises `ModelError` if the request is refused."""
        with self._turn:
            try:
                reply = self._server.handle_embeddings({"input": list(texts)})
            except (ValueError, RuntimeError) as error:
                raise ModelError(f"llama.cpp refuses the request: {error}") from error
        if "error" in reply:
            raise ModelError(f"llama.cpp refuses the request: {reply['error'].get('message', reply['error'])}")
        return [entry["embedding"] for entry in sorted(reply["data"], key=lambda entry: int(entry["index"]))]

    def close(self) -> None:
        """Unload the model."""
        self._server = None


_runtimes: dict[tuple[int, RuntimeSettings], Runtime] = {}
_loading = threading.Lock()


def runtime_for(settings: RuntimeSettings) -> Runtime:
    """Return the loaded model, loading it if this process has not.

    Raises `MissingExtraError` without `xllamacpp` and `ModelError` if llama.cpp cannot load the file.
    """
    check_available()
    key = (os.getpid(), settings)  # a forked process does not have the threads of a runtime
    with _loading:
        if key not in _runtimes:
            if not _runtimes:
                import atexit

                # While the interpreter is whole: llama.cpp crashes if it is still loaded when the process ends.
                atexit.register(unload_all)
            _runtimes[key] = Runtime(_load(settings))
        return _runtimes[key]


def check_available() -> None:
    """Raise `MissingExtraError`, naming the command that installs it, if local models cannot run here."""
    if not available():
        raise MissingExtraError("Local models need an optional part of llm: llm install 'llm[local]'")


def unload_all() -> None:
    """Unload all models of this process."""
    with _loading:
        for process, settings in list(_runtimes):
            if process == os.getpid():
                _runtimes.pop((process, settings)).close()


def _load(settings: RuntimeSettings) -> Any:
    import xllamacpp

    try:
        return _serve(xllamacpp, settings, _SILENT)
    except RuntimeError as error:
        reason = _why_it_fails(xllamacpp, settings)
        raise ModelError(f"llama.cpp cannot load {settings.weights}: {reason or error}") from error


def _serve(xllamacpp: Any, settings: RuntimeSettings, log_level: int) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(settings.weights)
    params.n_ctx = settings.context
    params.n_batch = params.n_ubatch = _BATCH
    params.n_parallel = 1
    params.cpuparams.n_threads = _threads()
    params.fit_params = not settings.fits
    params.warmup = False  # the first request is all that most processes make
    params.cache_ram_mib = 0  # no second copy of conversations in memory
    params.verbosity = log_level
    params.n_threads_http = 1
    params.ui = params.endpoint_slots = False
    if settings.embedding:
        _prepare_to_embed(xllamacpp, params, settings)
    with _private_address(params):
        return xllamacpp.Server(params)


def _prepare_to_embed(xllamacpp: Any, params: Any, settings: RuntimeSettings) -> None:
    params.embedding = True
    params.n_batch = params.n_ubatch = settings.context  # a text has to fit into one batch
    if not _names_its_pooling(settings.weights):
        # A model made for chat: the mean over its tokens is what stands for a text.
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN


def _names_its_pooling(weights: Path) -> bool:
    """Tell whether a GGUF file says how the vector of a text is made; this comes before the long lists of tokens."""
    with suppress(OSError), weights.open("rb") as file:
        return b".pooling_type" in file.read(_METADATA)
    return False


@contextmanager
def _private_address(params: Any) -> Iterator[None]:
    from secrets import token_urlsafe
    from tempfile import TemporaryDirectory

    params.api_keys = [token_urlsafe()]
    with TemporaryDirectory(prefix="llm-") as private:
        socket = f"{private}/s.sock"
        if sys.platform != "win32" and len(os.fsencode(socket)) <= _LONGEST_SOCKET_PATH:
            params.hostnames = [socket]
        yield


def _threads() -> int:
    """Return how many threads compute.

    One core stays free: the threads wait for each other at every step, so one that has to wait for a core holds up
    all. With two cores of which something else keeps one busy, two threads are many times slower than one.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(cores - 1, _MOST_THREADS))


def _why_it_fails(xllamacpp: Any, settings: RuntimeSettings) -> str:
    """Load the model once more for what llama.cpp has to say about it; empty if it says nothing."""
    from llm.providers.local.native_log import captured_stderr

    with captured_stderr() as log, suppress(RuntimeError):
        _serve(xllamacpp, settings, _ERRORS)
    reasons = [line.partition("error loading model: ")[2] for line in log() if "error loading model: " in line]
    return reasons[0] if reasons else ""
