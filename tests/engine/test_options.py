"""Options: declared by the model, given in a dictionary or as loose keywords, checked at once."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest
from pydantic import create_model

import llm
from llm.engine.options import lazy_options
from tests.engine.faces import Face
from tests.engine.script import Effort, Scripted, ScriptedModel, Settings


def test_a_model_without_options_takes_none(face: Face) -> None:
    """A model without an inner class gets an empty `Options`, so any option is rejected by Pydantic; `{}` is fine."""
    model = face.model(["a"])
    with pytest.raises(pydantic.ValidationError) as caught:
        model.prompt("hi", temperature=1)
    assert caught.value.errors()[0]["type"] == "extra_forbidden"
    assert caught.value.errors()[0]["loc"] == ("temperature",)
    assert model.prompt("hi", options={}).prompt.options == llm.Options()


def test_options_are_coerced_and_checked(face: Face) -> None:
    """Values are coerced by Pydantic; what fails raises `ValidationError`, a `ValueError`, straight from prompt()."""
    model = face.model(["a"], Options=Settings)
    options = model.prompt("hi", options={"temperature": "0.5", "effort": "low"}).prompt.options
    assert (options.temperature, options.effort) == (0.5, Effort.LOW)
    with pytest.raises(pydantic.ValidationError) as caught:
        model.prompt("hi", temperature=3)
    assert isinstance(caught.value, ValueError)


def test_dictionary_and_keywords_combine(face: Face) -> None:
    """`options=` and loose keywords may be combined."""
    model = face.model(["a"], Options=Settings)
    options = model.prompt("hi", options={"temperature": 1}, effort="high").prompt.options
    assert (options.temperature, options.effort) == (1.0, Effort.HIGH)


def test_the_same_option_twice(face: Face) -> None:
    """The same name in both raises `TypeError` whose text contains `both in options=` and names the options."""
    model = face.model(["a"], Options=Settings)
    with pytest.raises(TypeError, match=r"both in options=.*effort, temperature"):
        model.prompt("hi", options={"temperature": 1, "effort": "low"}, temperature=1, effort="low")
    with pytest.raises(TypeError, match="both in options="):
        model.conversation().prompt("hi", options={"temperature": 1}, temperature=1)


def test_options_called_like_a_parameter(face: Face) -> None:
    """An option named like a parameter (`stream`) can only be passed through the dictionary."""
    model = face.model(["a"], Options=Settings)
    response = model.prompt("hi", options={"stream": False}, stream=True)
    assert response.prompt.options.stream is False
    assert response.stream is True


def test_chain_takes_no_loose_keywords(face: Face) -> None:
    """`chain()` raises `TypeError` for an unknown keyword, on models and conversations."""
    model = face.model(["a"], Options=Settings)
    with pytest.raises(TypeError):
        model.chain("hi", temperature=1)
    with pytest.raises(TypeError):
        model.conversation().chain("hi", temperature=1)
    assert model.chain("hi", options={"temperature": 1}).prompt.options.temperature == 1.0


def test_key_is_no_option(face: Face) -> None:
    """A `key` keyword is always accepted, also by models without keys, which ignore it."""
    model = face.model(["a"], ["b"])
    assert face.text(model.prompt("hi", key="k")) == "a"
    assert face.text(model.conversation().prompt("hi", key="k")) == "b"


def test_options_class_per_instance(face: Face) -> None:
    """`Options` may be assigned on the instance, also one made with `create_model`, and then counts."""
    made = create_model("Options", __base__=llm.Options, top_k=(int | None, None))
    model = face.model(["a"], Options=made)
    assert model.prompt("hi", top_k="3").prompt.options.top_k == 3
    with pytest.raises(pydantic.ValidationError):
        model.prompt("hi", temperature=1)
    with pytest.raises(pydantic.ValidationError):
        face.model(["a"]).prompt("hi", top_k=3)


def test_options_class_from_a_mixin() -> None:
    """Options declared by a mixin that comes first and has no base of the package are found."""

    class Shared:
        class Options(llm.Options):
            seed: int | None = None

    class Mixed(Shared, ScriptedModel):
        pass

    assert Mixed(["a"]).prompt("hi", seed="7").prompt.options.seed == 7


def test_options_class_that_derives_from_another(face: Face) -> None:
    """An `Options` may derive from another model's `Options`; unknown names stay forbidden."""

    class More(Settings):
        seed: int | None = None

    model = face.model(["a"], Options=More)
    assert model.prompt("hi", seed=1, temperature=1).prompt.options.model_dump(exclude_none=True) == {
        "seed": 1,
        "temperature": 1.0,
    }
    with pytest.raises(pydantic.ValidationError):
        model.prompt("hi", tempreature=1)


def test_required_options_are_missed_at_once(face: Face) -> None:
    """Validation happens in prompt(), also of an option that is required and was not given."""
    made: Any = create_model("Options", __base__=llm.Options, voice=(str, ...))
    with pytest.raises(pydantic.ValidationError):
        face.model(["a"], Options=made).prompt("hi")


def test_options_made_on_first_access() -> None:
    """Such a class is the same on every access, on class and instances, and yields to an assignment."""
    made: list[type[llm.Options]] = []

    def factory() -> type[llm.Options]:
        made.append(type("Options", (Settings,), {"__module__": __name__}))
        return made[-1]

    class Lazy(ScriptedModel):
        Options = lazy_options(factory)

    class Child(Lazy):
        pass

    one, other = Lazy(["a"]), Lazy(["a"])
    response = one.prompt("hi")
    assert response.text() == "a"
    assert not made, "a prompt without options needs no options class"
    assert Lazy.Options is Child.Options is one.Options is other.Options
    assert len(made) == 1
    assert type(response.prompt.options) is made[0]
    assert one.prompt("hi", temperature="1").prompt.options.temperature == 1.0
    one.Options = Settings
    assert type(one.prompt("hi").prompt.options) is Settings
    assert other.Options is made[0]


def test_the_base_class_is_llm_options() -> None:
    """A model without options has `llm.Options` itself, on the class too."""
    assert llm.Model.Options is llm.Options
    assert Scripted in ScriptedModel.__mro__
    assert ScriptedModel.Options is ScriptedModel().Options is llm.Options
    assert llm.Options.__module__ == "llm.models"
