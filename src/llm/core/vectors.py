"""Embedding vectors as bytes, and how alike two of them are."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=32)
def _floats(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}f")


def encode(values: Sequence[float]) -> bytes:
    """Pack numbers as little-endian 32-bit floats, the form in which vectors are stored (numpy's `"<f4"`)."""
    return _floats(len(values)).pack(*values)


def decode(binary: bytes) -> tuple[float, ...]:
    """Unpack what `encode` packed. Raises `struct.error` if the length is not a multiple of 4."""
    return _floats(len(binary) // 4).unpack(binary)


def cosine_similarity(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the cosine of the angle between two vectors; 0.0 if one of them has no direction.

    Raises `ValueError` for vectors of different length.
    """
    if len(a) != len(b):
        raise ValueError(f"Vectors differ in length: {len(a)} and {len(b)}. Are they from the same model?")
    lengths = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(y * y for y in b))
    if not lengths:
        return 0.0
    return float(sum(x * y for x, y in zip(a, b, strict=True)) / lengths)


for _function in (encode, decode, cosine_similarity):
    _function.__module__ = "llm"
