"""Shows that the commands that manage settings print and write what those of the released LLM 0.36 do.

    python -m tests.interop.management_with_released [PYTHON]

PYTHON is an interpreter with `llm==0.36`; without it a virtual environment is made for the occasion. Each program runs
the same commands in a directory of its own. Compared are standard output, exit codes and the settings files; help, and
what goes to standard error, is worded differently. Where we do better on purpose, nothing is run here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

from tests.interop.with_released import released_python

PLUGIN = Path(__file__).with_name("sample_plugin.py")
OWN_MODELS = ("smollm2", "wordllama")  #: which the released program does not have
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Session:
    """Commands, one a line (words separated by blanks, `_` for a blank in a word), and files that are there before."""

    commands: str
    files: Mapping[str, str] = field(default_factory=dict)


KEYS = Session("""
keys
keys path
keys get a
keys set b --value x
keys set a --value é
keys set b --value y
keys
keys list
keys get a
keys zzz
keys get
""")
ALIASES = Session("""
aliases
aliases list --json
aliases path
aliases remove gone
aliases set q1 sample
aliases set q2 s1
aliases set q3 v1
aliases set q4 unknown
aliases set q5 -q sample
aliases set q6 -q gpt -q mini
aliases set q7 -q nothing -q fits
aliases set q8
aliases list
aliases --json
aliases remove q1
aliases remove q1
aliases
""")
MODELS = Session("""
models
models list --tools
models list --async
models list --schemas
models -q sample
models -q S1 -q sam
models -m s1 -m plain
models -m sample --options
models -m sample --options --json
models -q nothing
models -q nothing --json
models default
models default s1
models default
models default unknown
models
embed-models
embed-models default v1
embed-models default
""")
OPTIONS = Session("""
models options
models options show s1
models options set s1 temperature 0.5
models options set sample count many
models options set sample unknown x
models options set missing a b
models options set sample flag yes
models options list
models options show sample
models options show missing
models options clear sample flag
models options clear sample flag
models options clear s1
models options clear s1
models options clear missing a
models options
""")
TEMPLATES = Session(
    """
templates
templates list
templates path
templates show short
templates show full
templates show missing
templates show broken
templates show ./here.yaml
templates show sample:birds
templates show sample:bad
templates show nothing:x
templates loaders
""",
    {
        "user/templates/short.yaml": "hello $input",
        "user/templates/lines.yaml": "system: be brief\nprompt: |\n  two\n  lines\n",
        "user/templates/long.yaml": f"system: {'x' * 100}\n",
        "user/templates/broken.yaml": "prompt: [\n",
        "user/templates/full.yaml": (
            "prompt: p\nsystem: s\nmodel: sample\nattachments: [a.png]\nattachment_types:\n- {type: t, value: v}\n"
            "defaults: {a: 1}\noptions: {count: 2}\nextract: true\nschema_object: {type: object, properties: {z: {}}}\n"
            "fragments: [f]\nsystem_fragments: [g]\ntools: [upper]\nfunctions: |\n  def f(): pass\nname: other\n"
        ),
        "work/here.yaml": "prompt: here\n",
    },
)
SCHEMAS = Session("""
schemas
schemas dsl name,_age_int,_bio:_short
schemas dsl name --multi
schemas dsl :x
schemas dsl a_foo
schemas dsl a,a
schemas show missing
schemas list -d missing.db
""")
TOOLS = Session("""
tools
tools --json
tools upper capitals
tools Box("a")
tools Box("a",_2) --json
tools Dynamic
tools Dynamic("x") --json
tools unknown
tools -m unknown
tools -m sample --json
tools --functions def_f(x:_int)_->_str:_return_"" upper
tools --functions def_f(:
tools --functions missing.py
""")
FRAGMENTS = Session(
    """
fragments
fragments list --json
fragments set one one.txt
fragments set lines lines.txt
fragments set first sample:two
fragments set again sample:birds
fragments list --aliases
fragments set one lines.txt
fragments set bad_alias one.txt
fragments set x missing
fragments
fragments list -q birds
fragments list -q nothing
fragments show one
fragments show one.txt
fragments show sample:two
fragments show sample:bad
fragments show nothing:x
fragments show missing
fragments remove one
fragments remove one
fragments list --json
fragments loaders
""",
    {"work/one.txt": "one text", "work/lines.txt": "line 1\nline 2 \n\ttab\n" + "long " * 60},
)
SESSIONS = (KEYS, ALIASES, MODELS, OPTIONS, TEMPLATES, SCHEMAS, TOOLS, FRAGMENTS)


class Side:
    """One of the programs, with a directory of its own."""

    def __init__(self, python: Path, folder: Path, session: Session) -> None:
        self._python = python
        self._folder = folder
        for name in ("user", "work"):
            (folder / name).mkdir(parents=True)
        for name, content in session.files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        _install(folder / "site")

    def run(self, words: list[str]) -> list[str]:
        """Return what a command prints, line by line, and its exit code."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("LLM_", "OPENAI_"))}
        environment |= {"LLM_USER_PATH": str(self._folder / "user"), "LLM_LOAD_PLUGINS": "llm-sample"}
        environment |= {"PYTHONPATH": str(self._folder / "site"), "COLUMNS": "80", "PYTHONUTF8": "1"}
        done = subprocess.run(
            [self._python, "-m", "llm", *words], env=environment, cwd=self._folder / "work", stdin=subprocess.DEVNULL,
            capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        return [*self._alike(done.stdout), f"exit code {done.returncode}"]

    def settings(self) -> list[str]:
        """Return the settings files with their content."""
        files = sorted(path for path in (self._folder / "user").iterdir() if path.suffix in (".json", ".txt"))
        return [line for path in files for line in (path.name, *self._alike(path.read_text(encoding="utf-8")))]

    def _alike(self, text: str) -> list[str]:
        """Return the lines without what has to differ: the directory, times, and models of our own."""
        text = _TIME.sub("TIME", text.replace(str(self._folder), "FOLDER"))
        return [line for line in text.split("\n") if not any(name in line for name in OWN_MODELS)]


def _install(site: Path) -> None:
    metadata = site / "llm_sample-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "llm_sample.py").write_text(PLUGIN.read_text(encoding="utf-8"), encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-sample\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[llm]\nsample = llm_sample\n", encoding="utf-8")


def differences(released: Path, folder: Path) -> Iterator[str]:
    """Yield a text for each command whose result differs, and for each session that leaves other settings."""
    for number, session in enumerate(SESSIONS):
        ours = Side(Path(sys.executable), folder / str(number) / "ours", session)
        theirs = Side(released, folder / str(number) / "released", session)
        for line in session.commands.strip().splitlines():
            words = [word.replace("_", " ") for word in line.split()]
            yield from _difference(f"llm {line}", theirs.run(words), ours.run(words))
        yield from _difference(f"settings after {line}", theirs.settings(), ours.settings())


def _difference(what: str, theirs: list[str], ours: list[str]) -> Iterator[str]:
    if ours != theirs:
        yield "\n".join([what, *unified_diff(theirs, ours, "released", "ours", lineterm="", n=1)])


def main() -> None:
    """Print the differences; exit with 1 if there are any."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = Path(sys.argv[1]) if len(sys.argv) > 1 else released_python(folder / "released-environment")
        found = list(differences(python, folder))
    for text in found:
        print(text)
    print(f"{len(found) or 'No'} differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
