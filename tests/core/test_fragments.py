from __future__ import annotations

import copy
import pickle

import pytest

from llm.core.fragments import Fragment


def test_a_fragment_is_its_text() -> None:
    """A fragment is a string with a source, and equal to its text."""
    fragment = Fragment("alpha", "https://example.com")
    assert fragment == "alpha"
    assert fragment.source == "https://example.com"
    assert Fragment("alpha").source == ""
    assert Fragment.__module__ == "llm.utils"


def test_id_vector() -> None:
    """The id is the SHA-256 of the UTF-8 text, whatever the source."""
    expected = "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8"
    assert Fragment("alpha").id() == Fragment("alpha", "s").id() == expected
    assert Fragment("é").id() == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


def test_string_operations_give_strings() -> None:
    """What is made from a fragment is an ordinary string."""
    assert type(Fragment("alpha", "s").upper()) is str
    assert type(Fragment("alpha", "s") + "x") is str


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_keep_the_source(protocol: int) -> None:
    """The source survives pickling, with every protocol."""
    twin = pickle.loads(pickle.dumps(Fragment("alpha", "s"), protocol))
    assert (twin, twin.source, type(twin)) == ("alpha", "s", Fragment)


def test_copies_keep_the_source() -> None:
    """The source survives copying; the source may be anything."""
    source = object()
    fragment = Fragment("alpha")
    fragment.source = source  # type: ignore[assignment]
    assert copy.copy(fragment).source is source
    assert copy.deepcopy(Fragment("alpha", "s")).source == "s"
