"""Asking a server.

What `llm -m gpt-4o-mini hi` costs as a whole process. The server on loopback answers at once, so all that is measured
is the program: starting, asking, showing, logging.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench import memory, released, report

ROUNDS = 15
WORDS = ["-m", "gpt-4o-mini", "hi"]

#: what is measured, and how much of the released program's it may be
COLUMNS = (("wall time", 0, 1 / 3), ("CPU time", 1, 1 / 3), ("peak memory", 2, 2 / 3))


class Answering(BaseHTTPRequestHandler):
    """Answers every prompt with a stream of a few chunks."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Send the stream in one piece."""
        self.rfile.read(int(self.headers["content-length"]))
        body = stream("Hello", ", ", "world")
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing on stderr."""


def stream(*texts: str) -> bytes:
    """Return the body of a stream with these pieces of text."""
    common = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
    chunks = [{**common, "choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    chunks.append({**common, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 3, "total_tokens": 4}})
    return "".join(f"data: {data}\n\n" for data in [*map(json.dumps, chunks), "[DONE]"]).encode()


Cost = tuple[float, float, float]  #: seconds of wall time and of CPU time, and the peak of memory in megabytes


def run(words: list[str], settings: dict[str, str]) -> Cost:
    """Run a command; return what it cost."""
    environment = released.settings(**settings)
    start = time.perf_counter()
    done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    took = time.perf_counter() - start
    if done.returncode or (done.stdout and done.stdout != b"Hello, world\n"):
        raise SystemExit(f"{words} failed: {done.stderr.decode()}")
    return took, *memory.cost(words, environment)


def measured(url: str) -> dict[str, Cost]:
    """Return the smallest costs of each program; rounds are interleaved, as machines are noisy."""
    old = released.environment()
    with tempfile.TemporaryDirectory() as directory:
        commands: dict[str, tuple[list[str], dict[str, str]]] = {
            "python -c pass": ([released.python(released.ours()), "-c", "pass"], {}),
        }
        for name, environment in (("ours", released.ours()), ("0.36", old)):
            user_path = Path(directory) / name
            user_path.mkdir()
            settings = {"LLM_USER_PATH": str(user_path), "OPENAI_BASE_URL": url}
            words = [released.python(environment), str(released.scripts(environment) / "llm"), *WORDS]
            commands[name] = (words, {**settings, "OPENAI_API_KEY": "k"})
        best = {name: run(*command) for name, command in commands.items()}  # the first prompt makes the database
        for _ in range(ROUNDS):
            for name, command in commands.items():
                (wall, cpu, peak), known = run(*command), best[name]
                best[name] = (min(known[0], wall), min(known[1], cpu), min(known[2], peak))
    return best


def rows() -> Iterator[list[str]]:
    """Measure everything, then yield the rows."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        best = measured(f"http://127.0.0.1:{server.server_address[1]}/v1")
    finally:
        server.shutdown()
        server.server_close()
    bare, ours, theirs = best["python -c pass"], best["ours"], best["0.36"]
    for what, index, aim in COLUMNS:
        multiples = f"{ours[index] / bare[index]:.1f}", f"{theirs[index] / bare[index]:.1f}"
        yield [what, *multiples, report.judged(ours[index] / theirs[index], aim), f"{aim:.2f}"]


def tables() -> Iterator[report.Table]:
    """Yield the table."""
    about = (
        "`llm -m gpt-4o-mini hi` as a whole process, as multiples of a bare `python -c pass`; a server on the same "
        "machine answers at once."
    )
    yield report.Table(about, ("what", "ours", "0.36", "ratio", "aim"), rows())


if __name__ == "__main__":
    report.show(tables())
