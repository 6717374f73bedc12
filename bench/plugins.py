"""Plugins that a command does not need.

Thirty of them, one of which sleeps when it is imported. CPU time is compared too, as wall time says little on a
machine that does other things.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench import released, report

PLUGINS = 30
ROUNDS = 9
GATE = 1.2
SLEEPS = 2.0  #: seconds

COMMANDS = {
    "--version": ["--version"],
    "--help": ["--help"],
    "keys path": ["keys", "path"],
    "logs -n 1": ["logs", "-n", "1"],
    "-m other-model": ["-m", "other-model", "--no-stream", "two words"],
}

PLUGIN = """
import llm

class Echo(llm.Model):
    def __init__(self, model_id):
        self.model_id = model_id

    def execute(self, prompt, stream, response, conversation):
        yield prompt.prompt

@llm.hookimpl
def register_models(register):
    register(Echo("model-{number}"))

@llm.hookimpl
def register_commands(cli):
    @cli.command("command-{number}")
    def run():
        "Run the command of plugin {number}."
"""

#: a model that needs no plugin
OTHER_MODEL = """
- model_id: other-model
  model_name: other
  api_base: http://127.0.0.1:{port}/v1
"""
ANSWER = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}


class Server(BaseHTTPRequestHandler):
    """Answers every prompt at once."""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "other", **ANSWER}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def server() -> Iterator[int]:
    """Run a server of `other-model`; yield its port."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running.server_port
    running.shutdown()


def make_plugins(folder: Path, count: int = PLUGINS, *, sleeps: float = SLEEPS) -> None:
    """Write distributions `llm-plugin-N` into a folder; the first one sleeps when it is imported."""
    for number in range(count):
        name = f"llm_plugin_{number}"
        metadata = folder / f"{name}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: llm-plugin-{number}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[llm]\nplugin-{number} = {name}\n")
        first = f"import time\ntime.sleep({sleeps})\n" if number == 0 else ""
        (folder / f"{name}.py").write_text(first + PLUGIN.replace("{number}", str(number)))


def settings(user: Path, plugins: Path | None, port: int) -> dict[str, str]:
    """Return the environment of a command, with these plugins installed or none."""
    kept = {name: value for name, value in released.inherited().items() if not name.startswith("LLM_")}
    user.mkdir(exist_ok=True)
    (user / "extra-openai-models.yaml").write_text(OTHER_MODEL.replace("{port}", str(port)))
    return {**kept, "LLM_USER_PATH": str(user)} | ({"PYTHONPATH": str(plugins)} if plugins else {})


def llm(words: list[str], environment: dict[str, str], program: Path | None = None) -> tuple[float, float]:
    """Run a command; return how long it took, and the CPU's part of that, in seconds."""
    where = program or Path(sys.prefix)
    start, used = time.perf_counter(), cpu_time()
    subprocess.run(
        [released.python(where), str(released.scripts(where) / "llm"), *words],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    return time.perf_counter() - start, cpu_time() - used


def cpu_time() -> float:
    """Return what the processes that have ended have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def best(environments: dict[str, dict[str, str]]) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the best times of each command in each environment; rounds are interleaved."""
    runs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        for command, words in COMMANDS.items():
            for name, environment in environments.items():
                runs.setdefault((command, name), []).append(llm(words, environment))
    return {key: (min(wall for wall, _ in times), min(cpu for _, cpu in times)) for key, times in runs.items()}


def rows() -> Iterator[list[str]]:
    """Measure everything, then yield a row for each command."""
    with tempfile.TemporaryDirectory() as directory, server() as port:
        folder = Path(directory)
        make_plugins(folder / "plugins")
        environments = {
            "none": settings(folder / "user-none", None, port),
            "plugins": settings(folder / "user-plugins", folder / "plugins", port),
        }
        for environment in environments.values():  # a log, and the manifest
            llm(["fragments", "list"], environment)
            llm(["models"], environment)
        times = best(environments)
        theirs, _ = llm(COMMANDS["keys path"], environments["plugins"], released.environment())
    for command in COMMANDS:
        (without, cpu_without), (with_plugins, cpu_with) = times[command, "none"], times[command, "plugins"]
        ratios = f"{with_plugins / without:.2f}", report.judged(cpu_with / cpu_without, GATE)
        yield [f"`llm {command}`", f"{without * 1e3:.0f} ms", f"{with_plugins * 1e3:.0f} ms", *ratios, f"{GATE}"]
    yield ["`llm keys path` of 0.36", "", f"{theirs * 1e3:,.0f} ms", "", "", ""]


def tables() -> Iterator[report.Table]:
    """Yield the table."""
    many = f"{PLUGINS} plugins"
    about = (
        f"Whole processes with {PLUGINS} plugins installed, one of which sleeps for {SLEEPS:.0f} s when it is imported."
    )
    yield report.Table(about, ("command", "no plugins", many, "ratio", "of CPU time", "aim"), rows())


if __name__ == "__main__":
    report.show(tables())
