"""How plugins wrap `llm prompt`: they copy its parameters, call its callback, and look at what it raises."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import click
import pydantic
import pytest
from click.testing import CliRunner

import llm.cli
from llm.cli import cli
from tests.cli.spies import all_asked, asked, run

pytestmark = pytest.mark.usefixtures("spies")

NAMES = [
    "prompt", "system", "model_id", "database", "queries", "attachments", "attachment_types", "tools", "python_tools",
    "tools_debug", "tools_approve", "chain_limit", "options", "show_model_options", "schema_input", "schema_multi",
    "fragments", "system_fragments", "template", "param", "no_stream", "no_log", "log", "hide_reasoning", "_continue",
    "conversation_id", "key", "save", "async_", "usage", "extract", "extract_last", "json_output",
]  # fmt: skip


def test_parameter_names() -> None:
    """The parameters have the names that plugins know, in their order; new ones come behind."""
    names = [parameter.name for parameter in cli.commands["prompt"].params]
    assert names[: len(NAMES)] == NAMES


TEXTS = """-s --system, -m --model, -d --database, --cl --chain-limit, --schema, --schema-multi, --cid --conversation,
    --key, --save"""
REPEATED = "-q --query, -a --attachment, -T --tool, --functions, -f --fragment, --sf --system-fragment, -t --template"
PAIRS = "--at --attachment-type, -o --option, -p --param"
FLAGS = """--td --tools-debug, --ta --tools-approve, --options, --no-stream, -n --no-log, --log, -R --hide-reasoning,
    -c --continue, --async, -u --usage, -x --extract, --xl --extract-last, --json, --render"""


def test_spelling_of_options() -> None:
    """`llm prompt` has these options, by their long and short names: texts, repeated ones, repeated pairs, flags."""
    kinds: dict[str, set[str]] = {"texts": set(), "repeated": set(), "pairs": set(), "flags": set()}
    for option in cli.commands["prompt"].params:
        if isinstance(option, click.Option):
            shapes = {"flags": option.is_flag, "pairs": option.nargs == 2, "repeated": option.multiple, "texts": True}
            kinds[next(kind for kind, fits in shapes.items() if fits)].add(" ".join(option.opts))
    expected = {"texts": TEXTS, "repeated": REPEATED, "pairs": PAIRS, "flags": FLAGS}
    assert kinds == {kind: {names.strip() for names in text.split(",")} for kind, text in expected.items()}
    assert all(option.multiple for option in cli.commands["prompt"].params if option.nargs == 2)


@pytest.mark.parametrize("path", [("chat",), ("openai", "endpoint")])
def test_shared_spelling(path: tuple[str, ...]) -> None:
    """What `llm chat` and `llm openai endpoint` share with `llm prompt` is spelt as there; only -t is given once."""
    command: Any = cli
    for word in path:
        command = command.commands[word]
    known = {option.name: option for option in cli.commands["prompt"].params if isinstance(option, click.Option)}
    shared = [option for option in command.params if isinstance(option, click.Option) and option.name in known]
    assert len(shared) > 12
    for option in shared:
        assert option.opts == known[option.name].opts
        assert option.multiple is (known[option.name].multiple and option.name != "template")


def test_copied_to_another_command() -> None:
    """A command with copied parameters can invoke the original, with added pairs that are no strings."""
    original = cli.commands["prompt"]

    @click.pass_context
    def callback(ctx: click.Context, /, **given: Any) -> None:
        given["options"] = [*given["options"], ("n", 5)]
        ctx.invoke(original, **given)

    copied = click.Command("other", params=list(original.params), callback=callback)
    group = click.Group(commands={"other": copied})
    result = CliRunner().invoke(group, ["other", "-m", "spy", "--key", "k", "-o", "n", "1", "hi"])
    assert result.output == "answer to hi\n"
    assert asked().options.n == 5


def test_pairs(user_path: Path) -> None:
    """Options and parameters may be lists or tuples of pairs, with more at either end: the last of a name counts."""
    original = cli.commands["prompt"]
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text("prompt: $a $b")

    @click.command()
    @click.pass_context
    def wrapper(ctx: click.Context) -> None:
        given: dict[str, Any] = {"model_id": "spy", "key": "k", "template": ("t",)}
        ctx.invoke(original, options=[("n", 1), ("n", "2")], param=(("a", "x"), ("b", "y"), ("a", "z")), **given)
        ctx.invoke(original, options=(("n", 3),), param=[["a", "x"], ("b", "y")], **given)

    assert CliRunner().invoke(wrapper).output == "answer to z y\nanswer to x y\n"
    assert [prompt.options.n for prompt in all_asked()] == [2, 3]


def test_chat_can_be_wrapped() -> None:
    """`llm chat` can be invoked from a command with some of its parameters, as `llm prompt` can."""
    original = cli.commands["chat"]

    @click.pass_context
    def callback(ctx: click.Context, /, **given: Any) -> None:
        given["options"] = [*given["options"], ("n", 5)]
        ctx.invoke(original, **given)

    wanted = {"model_id", "options", "key"}
    copied = click.Command("talk", params=[one for one in original.params if one.name in wanted], callback=callback)
    group = click.Group(commands={"venice": click.Group(commands={"talk": copied})})
    words = ["venice", "talk", "-m", "spy", "--key", "k", "-o", "n", "1"]
    result = CliRunner().invoke(group, words, input="hi\nquit\n")
    assert "\nanswer to hi\n" in result.output
    assert (asked().options.n, result.exit_code) == (5, 0)


def test_missing_parameters_have_defaults() -> None:
    """What an invocation leaves out has its default."""
    original = cli.commands["prompt"]

    @click.command()
    @click.pass_context
    def short(ctx: click.Context) -> None:
        ctx.invoke(original, prompt="hi", model_id="spy", key="k")

    assert CliRunner().invoke(short).output == "answer to hi\n"


def test_errors_leave_the_callback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad options leave as a ClickException whose context is Pydantic's error; nothing is printed."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with click.Context(cli.commands["prompt"]) as ctx, pytest.raises(click.ClickException) as raised:
        ctx.invoke(cli.commands["prompt"], prompt="hi", model_id="spy", key="k", options=[("nope", "1")])
    context = raised.value.__context__
    assert isinstance(context, pydantic.ValidationError)
    (problem,) = context.errors()
    assert (problem["loc"], problem["type"]) == (("nope",), "extra_forbidden")


def test_load_conversation_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """-c goes through `llm.cli.load_conversation` as it is at that time, with and without a model named."""
    conversation = llm.get_model("spy").conversation()
    calls = []

    def replaced(conversation_id: str | None, async_: bool = False, database: str | None = None) -> Any:
        calls.append((conversation_id, async_, database))
        return conversation

    monkeypatch.setattr(llm.cli, "load_conversation", replaced)
    run("--cid", "x", "--key", "k", "hi")
    run("-c", "-m", "spy", "--key", "k", "hi")
    assert calls == [("x", False, None), (None, False, None)]
    assert len(conversation.responses) == 2


def test_replaced_log_method(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin's `log_to_db` gets a `sqlite_utils.Database`, in which it may make tables of its own."""
    original = llm.Response.log_to_db

    def replaced(self: llm.Response, db: Any) -> None:
        original(self, db)
        db["mine"].insert({"id": self.id})

    monkeypatch.setattr(llm.Response, "log_to_db", replaced)
    assert run("-m", "spy", "--key", "k", "hi").exit_code == 0
    assert run("logs", "--json").stdout.count('"response": "answer to hi"') == 1
