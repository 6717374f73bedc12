from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import field_validator

import llm
from llm.cli.commands.models import models, models_list
from llm.registry.models import ModelWithAliases
from tests.registry.stand_ins import FakeAsyncModel, FakeModel, model_plugin, only_these_plugins


class Temperature(llm.Options):
    temperature: float | None = None
    seed: int | None = None


class Demanding(llm.Options):
    needed: int
    other: int | None = None

    @field_validator("other")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("has to be even")
        return value


@pytest.fixture(autouse=True)
def _models() -> Iterator[None]:
    with only_these_plugins() as register:
        register(
            model_plugin(
                "p",
                (
                    FakeModel("m-1", Options=Temperature, supports_schema=True),
                    FakeAsyncModel("m-1", Options=llm.Options),
                    ["one"],
                ),
                (FakeModel("m-2", Options=Demanding, supports_tools=True),),
            )
        )
        yield


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(models, arguments, env=environment)


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_list(user_path: Path, arguments: tuple[str, ...]) -> None:
    """One line a model in the order of registration, then the default."""
    (user_path / "default_model.txt").write_text("one")
    assert run(*arguments).output == "Fake: m-1 (aliases: one)\nFake: m-2\nDefault: one\n"


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        ("--async", "Fake (async): m-1 (aliases: one)\nDefault: gpt-5.6-luna\n"),
        ("--tools", "Fake: m-2\nDefault: gpt-5.6-luna\n"),
        ("--schemas", "Fake: m-1 (aliases: one)\n"),
        ("-q m- --query 2", "Fake: m-2\n"),
        ("-m one -m zork", "Fake: m-1 (aliases: one)\n"),
        ("--model m-2", "Fake: m-2\n"),
        ("-q zork", ""),
        ("--tools --async", "Default: gpt-5.6-luna\n"),
    ],
)
def test_filters(arguments: str, output: str) -> None:
    """Filters combine; the default is shown unless a query, a model, `--schemas` or `--options` is given."""
    result = run("list", *arguments.split())
    assert (result.output, result.exit_code) == (output, 0)
    assert run(*arguments.split()).output == output


def test_options() -> None:
    """`--options` adds what each model accepts, and leaves the default out."""
    assert run("list", "--options", "-m", "m-1").output == (
        "Fake: m-1 (aliases: one)\n"
        "  Options:\n"
        "    temperature: float\n"
        "    seed: int\n"
        "  Features:\n"
        "  - schemas\n"
        "  - async\n"
    )
    assert "Default" not in run("--options").output


@pytest.mark.parametrize(
    ("columns", "lines"),
    [("80", "    audio/x-wav, image/png, text/markdown\n"), ("31", "    audio/x-wav, image/png,\n    text/markdown\n")],
)
def test_width_of_the_terminal(columns: str, lines: str) -> None:
    """Attachment types are wrapped to the width of the terminal."""
    shown = FakeModel("m", Options=llm.Options, attachment_types=("text/markdown", "image/png", "audio/x-wav"))
    with only_these_plugins() as register:
        register(model_plugin("p", (shown,)))
        assert run("--options", COLUMNS=columns).output == f"Fake: m\n  Attachment types:\n{lines}"


def test_json() -> None:
    """`--json` gives an array with two spaces, empty if no model matches, options on demand."""
    assert run("list", "--json", "-q", "zork").output == "[]\n"
    output = run("list", "--json", "-m", "m-2").output
    assert output.startswith('[\n  {\n    "model_id": "m-2",\n    "aliases": [],\n    "can_stream": false,')
    assert output.endswith("\n]\n")
    assert "options" not in json.loads(output)[0]
    shown = json.loads(run("list", "--json", "--options", "--async").output)
    assert [(one["model_id"], one["options"]) for one in shown] == [("m-1", {})]


def test_replaced_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that replaces `llm.get_models_with_aliases` decides what is listed."""
    model: Any = FakeModel("replaced")
    monkeypatch.setattr(llm, "get_models_with_aliases", lambda: [ModelWithAliases(model, None, [])])
    assert run("list", "-q", "").output == "Fake: replaced\n"


def test_parameter_names() -> None:
    """Plugins call the command with these names."""
    names = [parameter.name for parameter in models_list.params]
    assert names == ["options", "async_", "schemas", "tools", "json_", "query", "model_ids"]


def test_default(user_path: Path) -> None:
    """The default is shown, or set to the real id of a model without a word."""
    assert run("default").output == "gpt-5.6-luna\n"
    result = run("default", "one")
    assert (result.output, result.exit_code) == ("", 0)
    assert (user_path / "default_model.txt").read_text() == "m-1"
    assert run("default").output == "m-1\n"


def test_unknown_default(user_path: Path) -> None:
    """An unknown model is not made the default."""
    result = run("default", "zork")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "Error: Unknown model: zork\n")
    assert not (user_path / "default_model.txt").exists()


def test_set_option(user_path: Path) -> None:
    """An option is stored as typed under the id of the model; standard error confirms it."""
    result = run("options", "set", "one", "temperature", "0.50")
    assert (result.exit_code, result.stdout) == (0, "")
    assert all(word in result.stderr for word in ("temperature", "0.50", "m-1"))
    assert json.loads((user_path / "model_options.json").read_text()) == {"m-1": {"temperature": "0.50"}}


def test_set_option_of_an_unknown_model(user_path: Path) -> None:
    """The model may be installed later: nothing is checked."""
    assert run("options", "set", "zork", "x", "y").exit_code == 0
    assert json.loads((user_path / "model_options.json").read_text()) == {"zork": {"x": "y"}}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ("one", "temperature", "hot"),
            "temperature\n  Input should be a valid number, unable to parse string as a number",
        ),
        (("m-1", "zork", "1"), "zork\n  Extra inputs are not permitted"),
        (("m-2", "other", "3"), "other\n  Value error, has to be even"),
    ],
)
def test_invalid_option(user_path: Path, arguments: tuple[str, ...], error: str) -> None:
    """What the model does not accept is explained, and not stored."""
    result = run("options", "set", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"Error: {error}\n")
    assert not (user_path / "model_options.json").exists()


def test_required_options_do_not_matter() -> None:
    """One option can be stored although the model requires another."""
    assert run("options", "set", "m-2", "other", "2").exit_code == 0


def test_list_and_show_options(user_path: Path) -> None:
    """Stored options are shown in file order, of all models or of one, whatever type they have."""
    (user_path / "model_options.json").write_text('{"m-2": {"b": true, "a": [1, null]}, "m-1": {"seed": "5"}}')
    listed = "m-2:\n  b: True\n  a: [1, None]\nm-1:\n  seed: 5\n"
    assert run("options").output == run("options", "list").output == listed
    assert run("options", "show", "one").output == "seed: 5\n"


def test_no_options() -> None:
    """That there are none is told on standard error, and is no error."""
    listed, shown = run("options"), run("options", "show", "one")
    assert (listed.stdout, listed.exit_code, shown.stdout, shown.exit_code) == ("", 0, "", 0)
    assert listed.stderr
    assert "m-1" in shown.stderr


def test_clear_options(user_path: Path) -> None:
    """One option goes, set or not, or all of a model; what was asked for is confirmed on standard output."""
    path = user_path / "model_options.json"
    path.write_text('{"m-1": {"a": 1, "b": 2, "c": 3}, "zork": {"x": 1}}')
    for arguments, output in (
        (("one", "a"), "Cleared option 'a' for model m-1\n"),
        (("one", "a"), "Cleared option 'a' for model m-1\n"),
        (("one",), "Cleared b, c options for model m-1\n"),
        (("one",), ""),
        (("zork",), "Cleared option 'x' for model zork\n"),
    ):
        result = run("options", "clear", *arguments)
        assert (result.output, result.exit_code) == (output, 0)
    assert path.read_text() == "{}"


def test_damaged_options(user_path: Path) -> None:
    """A damaged file is not replaced; the error names it."""
    (user_path / "model_options.json").write_text("{")
    result = run("options", "set", "m-1", "seed", "1")
    assert result.exit_code == 1
    assert "model_options.json" in f"{result.output}{result.exception}"
    assert (user_path / "model_options.json").read_text() == "{"
