"""The options of OpenAI's models, as Pydantic classes.

Which options a model takes follows from the flags it was made with; models with equal flags share one class. Importing
this module imports Pydantic, so models do it when somebody looks at their options (`llm.providers.openai.flags`).
"""

import json
from enum import Enum
from functools import cache
from typing import Any

from pydantic import Field, create_model, field_validator

from llm.engine.base_options import Options
from llm.providers.openai import PLUGIN


class ReasoningEffortEnum(str, Enum):
    """How much a model may think."""

    __module__ = PLUGIN

    none = "none"
    minimal = "minimal"
    low = "low"
    medium = "medium"
    high = "high"
    xhigh = "xhigh"
    max = "max"


class ReasoningSummaryEnum(str, Enum):
    """How a model's thoughts are summarised."""

    __module__ = PLUGIN

    auto = "auto"
    concise = "concise"
    detailed = "detailed"


class VerbosityEnum(str, Enum):
    """How many words a model makes."""

    __module__ = PLUGIN

    low = "low"
    medium = "medium"
    high = "high"


class ImageDetailEnum(str, Enum):
    """At what resolution a model looks at images."""

    __module__ = PLUGIN

    low = "low"
    high = "high"
    auto = "auto"


class ImageDetailWithOriginalEnum(str, Enum):
    """At what resolution a model looks at images, for models that can take them as they are."""

    __module__ = PLUGIN

    low = "low"
    high = "high"
    original = "original"
    auto = "auto"


def enum_values_sentence(enum: type[Enum]) -> str:
    """Return the values of an enum as words: `a, b, and c`."""
    values = [str(member.value) for member in enum]
    if len(values) < 3:
        return " and ".join(values)
    return f"{', '.join(values[:-1])}, and {values[-1]}"


class SharedOptions(Options):
    """What every model of this provider takes."""

    __module__ = PLUGIN

    temperature: float | None = Field(
        default=None,
        ge=0,
        le=2,
        description="Sampling temperature between 0 and 2: low values make the answer more focused and repeatable, "
        "high values more varied.",
    )
    max_tokens: int | None = Field(default=None, description="The most tokens that the model may generate.")
    top_p: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Nucleus sampling: only the most likely tokens that together have this probability are considered. "
        "Change this or temperature, not both.",
    )
    frequency_penalty: float | None = Field(
        default=None,
        ge=-2,
        le=2,
        description="Number between -2 and 2. Positive values make a token less likely the more often it has occurred.",
    )
    presence_penalty: float | None = Field(
        default=None,
        ge=-2,
        le=2,
        description="Number between -2 and 2. Positive values make tokens that have occurred less likely, so that new "
        "topics come up.",
    )
    stop: str | None = Field(default=None, description="Text at which the model stops generating.")
    logit_bias: dict[Any, Any] | str | None = Field(
        default=None,
        description="Make tokens more or less likely: a JSON object of token ids and values between -100 and 100, such "
        'as \'{"1712": -100, "892": 5}\'',
    )
    seed: int | None = Field(default=None, description="Whole number that makes sampling repeatable, if possible.")

    @field_validator("logit_bias")
    @classmethod
    def _token_biases(cls, given: Any) -> dict[int, int] | None:
        if given is None:
            return None
        pairs = _parsed(given) if isinstance(given, str) else given
        return dict(_bias(token, value) for token, value in pairs.items())


def _parsed(text: str) -> dict[str, Any]:
    try:
        pairs = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"logit_bias is not valid JSON: {error}") from error
    if not isinstance(pairs, dict):
        raise ValueError('logit_bias must be a JSON object, such as {"1712": -100}')  # noqa: TRY004 - for Pydantic
    return pairs


def _bias(token: Any, value: Any) -> tuple[int, int]:
    try:
        pair = int(token), int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"logit_bias {token!r}: {value!r} is not a pair of whole numbers") from error
    if not -100 <= pair[1] <= 100:
        raise ValueError(f"logit_bias {token!r}: {value!r} is not between -100 and 100")
    return pair


# What the legacy completion models take.
CompletionOptions = create_model(
    "Options",
    __base__=SharedOptions,
    __module__=PLUGIN,
    logprobs=(
        int | None,
        Field(
            default=None, le=5, description="Include the log probabilities of this many most likely tokens, at most 5."
        ),
    ),
)


def _choice(enum: type[Enum], description: str) -> tuple[Any, Any]:
    return (enum | None, Field(default=None, description=description))


def _image_detail(enum: type[Enum]) -> tuple[Any, Any]:
    return _choice(enum, f"Resolution at which attached images are looked at: {enum_values_sentence(enum)}.")


# Every option beyond the shared ones, in the order in which they are listed, with the flag that brings it along; those
# without a flag belong to all models for chats.
_FIELDS: tuple[tuple[str, str | None, tuple[Any, Any]], ...] = (
    (
        "json_object",
        None,
        (bool | None, Field(default=None, description="Answer with a JSON object; the prompt has to mention JSON.")),
    ),
    (
        "chat_completions",
        "chat_completions",
        (
            bool | None,
            Field(default=None, description="Use the older Chat Completions endpoint in place of Responses."),
        ),
    ),
    ("image_detail", None, _image_detail(ImageDetailEnum)),
    ("image_detail", "image_detail_original", _image_detail(ImageDetailWithOriginalEnum)),
    (
        "reasoning_effort",
        "reasoning",
        _choice(
            ReasoningEffortEnum,
            f"How much the model may think: {enum_values_sentence(ReasoningEffortEnum)}. Less is faster and cheaper; "
            "which of these there are depends on the model.",
        ),
    ),
    (
        "reasoning_summary",
        "reasoning_summary",
        _choice(
            ReasoningSummaryEnum,
            f"Summary of the model's thoughts to ask for: {enum_values_sentence(ReasoningSummaryEnum)}.",
        ),
    ),
    (
        "verbosity",
        "verbosity",
        _choice(VerbosityEnum, f"How many words the model makes: {enum_values_sentence(VerbosityEnum)}."),
    ),
    (
        "service_tier",
        "service_tier",
        (
            str | None,
            Field(
                default=None,
                description="Processing tier of the request, where the model has them: 'flex' is slower and cheaper, "
                "'fast' is faster and dearer.",
            ),
        ),
    ),
)


def build_options_class(
    *,
    reasoning: bool = False,
    reasoning_summary: bool = False,
    verbosity: bool = False,
    image_detail_original: bool = False,
    chat_completions: bool = False,
    service_tier: bool = False,
) -> type[SharedOptions]:
    """Return the options class of models with these flags; equal flags give the identical class."""
    flags = {
        "reasoning": reasoning,
        "reasoning_summary": reasoning_summary,
        "verbosity": verbosity,
        "image_detail_original": image_detail_original,
        "chat_completions": chat_completions,
        "service_tier": service_tier,
    }
    return _options_class(frozenset(name for name, given in flags.items() if given))


def extended_options(own: type[Options], flags: frozenset[str]) -> type[Options]:
    """Return the options class for a model of a class with the options `own`, which was made with these flags.

    What `own` says about an option stays; options of the flags that it lacks are added.
    """
    if own in _made:
        return _options_class(_made[own] | flags)
    return _extension(own, flags)


# The flags of each class made here, so that a plugin's own class is told from ours.
_made: dict[type, frozenset[str]] = {Options: frozenset()}


@cache
def _options_class(flags: frozenset[str]) -> type[SharedOptions]:
    fields = {name: field for name, flag, field in _FIELDS if flag is None or flag in flags}
    made = create_model("Options", __base__=SharedOptions, __module__=PLUGIN, **_copies(fields))
    _made[made] = flags
    return made


@cache
def _extension(own: type[Options], flags: frozenset[str]) -> type[Options]:
    fields: dict[str, tuple[Any, Any]] = {}
    if not issubclass(own, SharedOptions):
        fields = {name: (info.annotation, info) for name, info in _options_class(flags).model_fields.items()}
    fields |= {name: field for name, flag, field in _FIELDS if flag in flags}
    # A subclass may have narrowed or widened an option; only the plain detail gives way to that with "original".
    added = {name: field for name, field in fields.items() if name not in own.model_fields}
    detail = own.model_fields.get("image_detail")
    if detail is not None and "image_detail_original" in flags and detail.annotation == (ImageDetailEnum | None):
        added["image_detail"] = fields["image_detail"]
    return create_model("Options", __base__=own, __module__=PLUGIN, **_copies(added))


def _copies(fields: dict[str, tuple[Any, Any]]) -> Any:
    # Pydantic writes into the Field objects of the classes it makes.
    from copy import copy

    return {name: (annotation, copy(field)) for name, (annotation, field) in fields.items()}
