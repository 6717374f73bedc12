from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.vectors import cosine_similarity, decode, encode

floats = st.floats(width=32, allow_nan=False)


def test_encode_vector() -> None:
    """Numbers become little-endian 32-bit floats."""
    assert encode([0.5, -2]) == b"\x00\x00\x00?\x00\x00\x00\xc0"
    assert encode(()) == b""


def test_checked_examples() -> None:
    """The examples of the contract: bytes of [5, 5], a round trip to a tuple, and no bytes are no numbers."""
    assert encode([5, 5]).hex() == "0000a0400000a040"
    assert decode(encode((0.0, 1.0, 1.5))) == (0.0, 1.0, 1.5)
    assert decode(b"") == ()


@given(st.lists(floats))
@settings(derandomize=True, max_examples=50)
def test_decode_is_the_inverse_and_numpy_agrees(values: list[float]) -> None:
    """What was packed is unpacked to a tuple, and numpy reads the same bytes as `<f4`."""
    assert decode(encode(values)) == tuple(values)
    assert np.frombuffer(encode(values), "<f4").tolist() == values
    assert encode(np.array(values, "<f4")) == encode(values)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 3, 5])
def test_odd_lengths_raise(size: int) -> None:
    """Bytes that are no whole number of floats raise struct.error."""
    with pytest.raises(struct.error):
        decode(bytes(size))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [([1, 2], [2, 4], 1.0), ([1, 0], [0, 1], 0.0), ([1, 0], [-3, 0], -1.0), ([3, 4], [4, 3], 0.96)],
)
def test_cosine_similarity(a: list[float], b: list[float], expected: float) -> None:
    """The similarity is the cosine of the angle, whatever the lengths."""
    assert math.isclose(cosine_similarity(a, b), expected, abs_tol=1e-12)


def test_cosine_in_double_precision() -> None:
    """The similarity is computed in double precision, also where single precision sees no difference."""
    a, b = [1.0, 1.0], [1.0, 1.0 + 1e-7]
    assert 0 < 1 - cosine_similarity(a, b) < 1e-14
    assert cosine_similarity([1e30, 0], [1e30, 1e30]) == pytest.approx(math.sqrt(0.5), abs=1e-15)


def test_cosine_of_a_zero_vector() -> None:
    """A vector without direction is like nothing: 0.0, no division by zero."""
    assert cosine_similarity([0, 0], [1, 2]) == 0.0


@pytest.mark.parametrize(("a", "b"), [([1], [1, 2]), ([1, 2], []), ([0, 0], [0])])
def test_cosine_of_different_lengths(a: list[float], b: list[float]) -> None:
    """Vectors of different length cannot be compared; the error names both lengths."""
    with pytest.raises(ValueError, match=f"{len(a)} and {len(b)}"):
        cosine_similarity(a, b)
