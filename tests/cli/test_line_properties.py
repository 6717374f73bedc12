"""Command lines with any words in them: each ends with an answer or with `Error: ...`, never with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm.store.logstore import LogStore
from tests.cli.ends import run_to_an_end
from tests.damage import json_values, nasty_texts
from tests.store.samples import turn

pytestmark = pytest.mark.usefixtures("spies", "here")
patient = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

#: What stands for any word. A line may have several.
X = "X"


def lines(table: str) -> list[str]:
    return [line for row in table.strip().split("\n") for line in row.split("|")]


PROMPTS = """
-m X hi|-t X hi|-f X hi|--sf X hi|-a X hi|--at X y hi|--at X X hi|-T X hi|-T X(X) hi|-T Clock(X) hi|--schema X hi
--schema-multi X hi|--cid X hi|--functions X hi|-o X 1 hi|-o n X hi|-p X a -t t hi|-p a X -t t hi|-q X hi|--save X hi
--save q -s X hi|--save q X|--save q -o n X|--key X hi|-s X hi|X|-x X|--xl X|-f twice:X -|-f pic:X hi|--json X|-u X
--system X -n X|--cl X -T shout X|-d X hi|-t remote:X hi|--no-stream X|--options -m X|--async X
"""
ENDPOINTS = """
openai endpoint U -m X hi|openai endpoint U --models|openai endpoint U -m m -H X X hi|openai endpoint U -m m --schema X
openai endpoint U -m m -o temperature X hi|openai endpoint U -m m -t t -p a X|openai endpoint U -m m --responses X
openai endpoint X -m m hi|openai endpoint X --models|-a U hi|--at U X hi|-f U hi|-t U hi
"""
#: Addresses at which nobody answers, and such as are none: no test may reach a network.
ADDRESSES = """
http://127.0.0.1:9|http://127.0.0.1:9/v1/|http://[|http://|https://[::1]:9|a://b|://|http://127.0.0.1:99999|http://127.0.0.1:x
http://.|http://127.0.0.1:9/%zz|http://a:b@127.0.0.1:9|http://127.0.0.1:9?a=b#c
"""
LOGS = """
logs -q X|logs -q X -l|logs -m X|logs --cid X|logs --id-gt X|logs --id-gte X|logs -T X|logs -f X
logs --data --data-key X|logs --schema X|logs --schema-multi X|logs -n X|logs show X|logs backup X|logs recover X
logs -d X|logs -c -q X -r
logs -s -q X|logs --json -q X|logs -x -q X|logs --data-ids --data --schema X
"""
REST = """
fragments show X|fragments -q X|fragments set a X|fragments set X t|fragments remove X|schemas show X|schemas -q X
schemas dsl X|schemas dsl --multi X|collections delete X|collections list -d X|similar X -c X|embed X -c X
embed-models default X|keys set X --value v|keys get X|aliases set X s|aliases set a X|aliases set a -q X
aliases remove X|models default X|models -q X|models options set X a b|models options set s X b|models options set s n X
models options show X|models options clear X|models options clear s X|templates show X|templates loaders|tools X
tools list X|plugins --hook X|completion X|embed -m X -c X
embed-multi c X --format X|embed-multi c --sql X|embed-multi c --files f X
"""
addresses = st.sampled_from(
    [*lines(ADDRESSES), "http://\x00", "http://a b", "http://é\ud800", "http://127.0.0.1:9/\r\nx"]
)
words = st.one_of(
    st.text(max_size=12),
    nasty_texts.filter(lambda text: text != "9" * 4400),
    st.sampled_from(
        ["t", "s", "spy", "-", "--", "-1", "99999999999999999999", "1e400", "/dev/null", "/", "t:t", "{}", "[1]"]
    ),
    st.sampled_from(
        ["a int, b", "a x", "Clock", "Clock(1)", "shout", "t:", ":", "a:b", "..", "../x", "a/b", "f.txt", "\udcff"]
    ),
    st.sampled_from(
        ['"', "c++", "it's", "NEAR(", "a AND", "*", "^a", "a:b", "{a}:b", "AND OR NOT", "(((", '"a" + "b" *']
    ),
    json_values.map(str),
).map(lambda word: word.replace("\x00", "").replace("\ud800", "\udcff"))  # as arguments of a process can be


@pytest.fixture
def here(tmp_path: Path, user_path: Path, monkeypatch: pytest.MonkeyPatch, store: LogStore) -> None:
    """A working directory with a file in it, a template, a log, and no editor or network to be found."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.txt").write_text("text", encoding="utf-8")
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text("prompt: $a $input", encoding="utf-8")
    store.log(turn("how loud", '{"a": 1}'))
    monkeypatch.setenv("LLM_MAX_RETRIES", "0")
    monkeypatch.setattr("llm.providers.openai.sdk.choose", lambda: None)  # the SDK's clients take long to make
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")


def filled(line: str, value: st.DataObject) -> list[str]:
    """The words of a line, its X drawn."""
    return [word.replace(X, value.draw(words)) if X in word else word for word in line.split(" ")]


@patient
@given(st.sampled_from(lines(PROMPTS)), st.data())
def test_prompts(line: str, data: st.DataObject) -> None:
    """Options of a prompt."""
    if not line.startswith("-m") and "-m" not in line.split():
        line = f"{line} -m spy" if not line.startswith("X") else f"-m spy {line}"
    run_to_an_end(
        "prompt", *filled(line, data), piped=data.draw(st.sampled_from([b"", b"piped", b"\xff\x00", "é".encode()]))
    )


@settings(patient, max_examples=20)
@given(st.sampled_from(lines(ENDPOINTS)), st.data())
def test_addresses(line: str, data: st.DataObject) -> None:
    """Servers, attachments, fragments and templates at addresses of every kind."""
    drawn = [data.draw(addresses) if word == "U" else word for word in line.split(" ")]
    given_words = [word.replace(X, data.draw(words)) if X in word else word for word in drawn]
    model = [] if line.startswith("openai") else ["-m", "spy"]
    run_to_an_end(*model, *given_words, piped="")


@patient
@given(st.sampled_from(lines(LOGS)), st.data())
def test_logs(line: str, data: st.DataObject) -> None:
    """Filters, queries and forms of the log."""
    run_to_an_end(*filled(line, data))


@patient
@given(st.sampled_from(lines(REST)), st.data())
def test_other_commands(line: str, data: st.DataObject) -> None:
    """Everything that manages what is stored."""
    run_to_an_end(*filled(line, data), piped="")


@settings(patient, max_examples=20)
@given(
    st.lists(
        words
        | st.sampled_from(["!multi", "!multi x", "!end", "!end x", "!fragment f.txt", "!fragment X", "quit", "/help"]),
        max_size=6,
    )
)
def test_chats(typed: list[str]) -> None:
    """Whatever is typed into a chat."""
    run_to_an_end("chat", "-m", "spy", piped="\n".join(typed).encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "line",
    ["fragments show X", "fragments -q X", "schemas show X", "schemas -q X", "logs show X", "logs -q X", "logs -m X"],
)
def test_bytes_that_are_no_text(line: str) -> None:
    """An argument that is not UTF-8 is refused where the database is asked for it, and the message shows it."""
    result = run_to_an_end(*line.replace("X", "a\udcff").split())
    assert result.exit_code == 1
    assert r"a\udcff" in result.stderr
    assert "is no text: it holds bytes that are not UTF-8" in result.stderr


@pytest.mark.parametrize("target", ["", "\udcff/x"])
def test_backups_to_nowhere(target: str) -> None:
    """A backup needs a name that the system takes."""
    assert "Cannot back up to" in run_to_an_end("logs", "backup", target).stderr
