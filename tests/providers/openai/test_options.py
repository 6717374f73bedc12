"""Options of the models."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

import llm
from llm.cli import cli
from llm.default_plugins import openai_models
from llm.engine.model import KeyModel
from llm.providers.openai.base import _Shared
from llm.providers.openai.chat import AsyncChat, Chat
from llm.providers.openai.completion import Completion
from llm.providers.openai.options import (
    ImageDetailEnum,
    ReasoningEffortEnum,
    SharedOptions,
    VerbosityEnum,
    build_options_class,
    enum_values_sentence,
)
from llm.providers.openai.responses import AsyncResponses, Responses

SHARED = [
    "temperature", "max_tokens", "top_p", "frequency_penalty", "presence_penalty", "stop", "logit_bias", "seed"
]  # fmt: skip
ALL = [
    *SHARED, "json_object", "chat_completions", "image_detail", "reasoning_effort", "reasoning_summary", "verbosity",
    "service_tier",
]  # fmt: skip


def fields(options: type[BaseModel]) -> list[str]:
    return list(options.model_fields)


def test_field_order() -> None:
    """Options are listed in the order of the table, whatever the flags."""
    flags = ["reasoning", "reasoning_summary", "verbosity", "image_detail_original", "chat_completions", "service_tier"]
    assert fields(build_options_class(**dict.fromkeys(flags, True))) == ALL
    assert fields(build_options_class()) == [*SHARED, "json_object", "image_detail"]
    assert fields(Completion("m").Options) == [*SHARED, "logprobs"]
    assert fields(Responses("m", reasoning=True).Options) == ALL[:-2]


@pytest.mark.parametrize("cls", [Chat, Responses, Completion])
def test_name_of_the_class(cls: Any) -> None:
    """The class of the options is called `Options`, by which plugins and tracebacks know it."""
    assert (cls.Options.__name__, cls("m").Options.__name__) == ("Options", "Options")


def test_equal_flags_share_a_class() -> None:
    """Models with equal flags have the identical class, on the class and on instances, blocking and async."""
    assert Chat.Options is AsyncChat.Options is Chat("m").Options is build_options_class()
    made = build_options_class(verbosity=True, chat_completions=True)
    assert made is build_options_class(chat_completions=True, verbosity=True) is Responses("m", verbosity=True).Options
    assert made is AsyncResponses("n", verbosity=True).Options
    assert made.__name__ == "Options"
    assert issubclass(made, SharedOptions)


def test_assignment_wins() -> None:
    """A plugin may put an options class of its own on an instance, made from the one it finds there."""
    model = Chat("m", reasoning=True)

    class Options(model.Options):  # type: ignore[misc, name-defined]
        extra: int | None = None

    model.Options = Options
    assert model.Options is Options
    assert Chat("m", reasoning=True).Options is not Options


def test_none_is_the_default() -> None:
    """All fields default to None, and unknown names are refused."""
    made = build_options_class(reasoning=True, service_tier=True)
    assert all(value is None for _, value in made())
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        made.model_validate({"unknown": 1})


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("temperature", -0.1, "greater than or equal to 0"),
        ("temperature", "2.5", "less than or equal to 2"),
        ("top_p", 1.1, "less than or equal to 1"),
        ("presence_penalty", -3, "greater than or equal to -2"),
        ("verbosity", "loud", "Input should be 'low', 'medium' or 'high'"),
        ("max_tokens", "many", "valid integer"),
    ],
)
def test_refused(option: str, value: Any, message: str) -> None:
    """Values out of range and unknown choices get Pydantic's messages."""
    with pytest.raises(ValidationError, match=message):
        build_options_class(verbosity=True)(**{option: value})


def test_strings_are_converted() -> None:
    """The command line hands over strings."""
    options = Responses("m", reasoning=True).Options(
        temperature="0.5", max_tokens="3", json_object="1", chat_completions="true", reasoning_effort="xhigh"
    )
    assert (options.temperature, options.max_tokens) == (0.5, 3)
    assert (options.json_object, options.chat_completions) == (True, True)
    assert options.reasoning_effort is ReasoningEffortEnum.xhigh
    assert [effort.value for effort in ReasoningEffortEnum] == [
        "none", "minimal", "low", "medium", "high", "xhigh", "max"
    ]  # fmt: skip


def test_logprobs() -> None:
    """Completion models give at most five log probabilities."""
    assert Completion("m").Options(logprobs=-1).logprobs == -1
    with pytest.raises(ValidationError, match="less than or equal to 5"):
        Completion("m").Options(logprobs=6)


@given(st.dictionaries(st.integers(), st.integers(-100, 100)))
def test_logit_bias(pairs: dict[int, int]) -> None:
    """Token biases come as JSON or as a dictionary of anything that reads as whole numbers."""
    import json

    assert SharedOptions(logit_bias=json.dumps(pairs)).logit_bias == pairs
    texts = {str(token): str(value) for token, value in pairs.items()}
    assert SharedOptions(logit_bias=texts).logit_bias == pairs


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{", "not valid JSON"),
        ("[1]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ('{"1712": 101}', "'1712': 101 is not between -100 and 100"),
        ('{"1712": null}', "'1712': None is not a pair of whole numbers"),
        ({"cat": 1}, "'cat': 1 is not a pair of whole numbers"),
        ({1: float("inf")}, "1: inf is not a pair"),
    ],
)
def test_logit_bias_refused(value: Any, message: str) -> None:
    """What is wrong is said, with the pair that is wrong."""
    with pytest.raises(ValidationError, match="logit_bias") as raised:
        SharedOptions(logit_bias=value)
    assert message in str(raised.value)


def test_sentence() -> None:
    """The values of an enum as words end in `, and`."""
    assert enum_values_sentence(VerbosityEnum) == "low, medium, and high"
    description = build_options_class().model_fields["image_detail"].description
    assert description is not None
    assert enum_values_sentence(ImageDetailEnum) in description


class OwnOptions(SharedOptions):
    """A plugin's options, more permissive than ours."""

    model_config = ConfigDict(extra="allow")
    own: str | None = None
    reasoning_effort: str | None = None


class OwnChat(Chat):
    """A plugin's model with options of its own."""

    Options: Any = OwnOptions


def test_flags_extend_own_options() -> None:
    """Flags add to a subclass's options: what it says about an option and its configuration stay."""
    made = OwnChat("m", reasoning=True, verbosity=True).Options
    assert issubclass(made, OwnOptions)
    assert fields(made) == [*SHARED, "own", "reasoning_effort", "verbosity"]
    assert made(reasoning_effort="extreme", anything=1).reasoning_effort == "extreme"
    assert OwnChat("m").Options is OwnOptions
    assert OwnChat("n", reasoning=True, verbosity=True).Options is made


def test_flags_extend_completion_options() -> None:
    """A completion model keeps its log probabilities, and gets no options for chats, when it has flags."""
    assert fields(Completion("m", service_tier=True).Options) == [*SHARED, "logprobs", "service_tier"]


def test_original_detail_replaces_the_inherited_one() -> None:
    """A subclass that says nothing about image detail gets the level `original` with the flag."""

    class Options(Chat.Options):  # type: ignore[misc]
        own: str | None = None

    class Model(Chat):
        pass

    Model.Options = Options
    made = Model("m", image_detail_original=True).Options
    assert made(image_detail="original", own="x").image_detail.value == "original"


def test_bare_options_of_a_mixin() -> None:
    """A class of a plugin on the shared base alone has no options, until flags bring them all."""

    class Model(_Shared, KeyModel):
        def execute(self, *_: Any, **__: Any) -> Any:
            return iter(())

    assert fields(Model("m").Options) == []
    assert fields(Model("m", reasoning=True).Options) == [*SHARED, "json_object", "image_detail", "reasoning_effort"]


def test_second_base() -> None:
    """Plugins combine our options with a second base."""

    class Mixin(llm.Options):
        mixed: int | None = None

    class Options(Mixin, openai_models.Chat.Options):  # type: ignore[misc]
        pass

    assert {"mixed", "temperature", "json_object"} <= set(fields(Options))


@pytest.mark.parametrize(
    ("option", "low", "high"),
    [("temperature", 0, 2), ("top_p", 0, 1), ("frequency_penalty", -2, 2), ("presence_penalty", -2, 2)],
)
def test_ranges(option: str, low: float, high: float) -> None:
    """Both ends of a range are allowed, and nothing beyond them."""
    for value in (low, high):
        assert getattr(SharedOptions.model_validate({option: value}), option) == value
    for value, message in (
        (low - 0.01, f"greater than or equal to {low}"),
        (high + 0.01, f"less than or equal to {high}"),
    ):
        with pytest.raises(ValidationError, match=message):
            SharedOptions.model_validate({option: value})


def test_enums() -> None:
    """Choices are texts whose names are their values, in this order."""
    for name, values in {
        "ReasoningEffortEnum": "none minimal low medium high xhigh max",
        "ReasoningSummaryEnum": "auto concise detailed",
        "VerbosityEnum": "low medium high",
        "ImageDetailEnum": "low high auto",
        "ImageDetailWithOriginalEnum": "low high original auto",
    }.items():
        enum = getattr(openai_models, name)
        assert [member.value for member in enum] == [member.name for member in enum] == values.split()
        assert all(isinstance(member, str) for member in enum)


def test_descriptions_end_with_the_values() -> None:
    """Listings of options name the choices of image detail and of summaries at the end."""
    made = build_options_class(reasoning_summary=True, image_detail_original=True).model_fields
    for option, values in {
        "image_detail": "low, high, original, and auto",
        "reasoning_summary": "auto, concise, and detailed",
    }.items():
        assert str(made[option].description).rstrip(".").endswith(values)
    plain = build_options_class().model_fields["image_detail"].description
    assert str(plain).rstrip(".").endswith("low, high, and auto")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("temperature", "3", "less than or equal to 2"), ("verbosity", "loud", "'low', 'medium' or 'high'")],
)
def test_command_line(option: str, value: str, message: str) -> None:
    """A bad value ends a command with exit code 1, naming option and reason, before a key is looked for."""
    result = CliRunner().invoke(cli, ["prompt", "-m", "gpt-5.5", "-o", option, value, "hi"])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {option}\n")
    assert message in result.stderr
