"""What pyright finds incomplete about the types that programs see: `make verify-types`.

Pyright calls every module public whose name has no underscore. Programs see what the façades export and what stands
in its annotations, which is where this looks; the insides of the command line and of the built-in providers are left to
mypy, but for the tools that programs make instances of. Part of `make lint`, as it takes ten seconds. Pyright and the
Node that runs it are installed with the other development tools, so that nothing is fetched.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
INSIDE = ("llm.cli.", "llm.providers.")
SEEN = ("llm.providers.openai.server_tools.",)
ACCEPTED = {
    "llm.providers.openai.server_tools.WebSearch.__init__",  # so does its signature, with bare `dict`s
    "llm.tools.llm_time",  # `llm tools list` shows its annotation, a bare `dict`
    "llm.store.migrations.embeddings.EmbeddingsMigrations",  # a class of sqlite-utils, which has no types, is its base
}


def incomplete() -> list[str]:
    """Return a line for each public symbol whose type is unknown or left to be inferred."""
    command = [sys.executable, "-m", "pyright", "--verifytypes", "llm", "--ignoreexternal", "--outputjson"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # Here pyright asks the first `python` on the path for its packages, whatever its option --pythonpath says.
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PATH": path}
    ran = subprocess.run(command, env=environment, capture_output=True, check=False)
    report = json.loads(ran.stdout)["typeCompleteness"]
    if not report["symbols"]:
        raise SystemExit(f"pyright found no symbols: {ran.stdout.decode()}")
    return [
        f"{symbol['name']}: {problem['message'].splitlines()[0]}"
        for symbol in report["symbols"]
        if _is_seen(symbol["name"])
        if symbol["name"] not in ACCEPTED
        if symbol["isTypeAmbiguous"] or not symbol["isTypeKnown"]
        for problem in symbol["diagnostics"]
    ]


def _is_seen(name: str) -> bool:
    """Tell whether programs see what has this name: `llm.cli` itself is a façade."""
    return name.startswith(SEEN) or not name.startswith(INSIDE) or name.count(".") == 2


if __name__ == "__main__":
    found = incomplete()
    print("\n".join(found) or "The types of all public names are complete.")
    sys.exit(bool(found))
