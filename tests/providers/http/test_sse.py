"""The decoder of server-sent events."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.providers.http.sse import EventDecoder

MIXED = (
    ": comment\r\n"
    'event: a\r\ndata: {"x": "é\u2028\u0085\U0001f600"}\r\n\r\n'
    "data: one\rdata:two\rdata:  three\r\r"
    "data: four\r\ndata: five\r\n\r\n"
    "id: 7\n\n"
    "data: last\nretry: 5\n\n"
).encode()
MIXED_DATA = ['{"x": "é\u2028\u0085\U0001f600"}', "one\ntwo\n three", "four\nfive", "last"]


def decode(*pieces: bytes) -> list[str]:
    decoder = EventDecoder()
    events = [data for piece in pieces for data in decoder.feed(piece)]
    decoder.finish()
    return events


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: a\n\n", ["a"]),
        (b"data: a\r\rdata: b\r\n\r\n", ["a", "b"]),
        (b"data:a\n\ndata:  a\n\n", ["a", " a"]),
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b": hello\ndata: a\n:\n\n", ["a"]),
        (b" data: no\ndat: no\ndatax: no\nfoo\ndata: a\n\n", ["a"]),
        (b"event: ping\n\nid: 1\n\nretry: 3\n\ndata: a\n\n", ["a"]),
        (b"data\n\ndata:\n\ndata: a\n\n", ["a"]),
        (b"\n\n\ndata: a\n\n\n", ["a"]),
        (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", ["b"]),
        (b"data: a\n", []),
        (b"data: a", []),
        (b"", []),
    ],
)
def test_events_are_read_as_the_standard_says(body: bytes, expected: list[str]) -> None:
    """Line ends, comments, unknown fields, several data lines, events without data, unfinished events."""
    assert decode(body) == expected


def test_the_end_mark_ends_the_stream() -> None:
    """Data that starts with [DONE] ends the stream; what follows is ignored, also in later pieces."""
    decoder = EventDecoder()
    assert decoder.feed(b"data: a\n\ndata: [DONE] bye\n\ndata: b\n\n") == ["a"]
    assert decoder.done
    assert decoder.feed(b"data: c\n\n") == []


def test_an_event_counts_when_its_blank_line_arrives() -> None:
    """An event is handed out with its blank line, not before and not later."""
    decoder = EventDecoder()
    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\n") == ["a"]
    assert decoder.feed(b"data: b\r") == []
    assert decoder.feed(b"\r") == ["b"]
    assert decoder.feed(b"\n") == []


def test_pieces_may_be_cut_anywhere() -> None:
    """Cutting at every byte position, also inside characters and line ends, changes nothing."""
    for cut in range(len(MIXED) + 1):
        assert decode(MIXED[:cut], MIXED[cut:]) == MIXED_DATA
    assert decode(*(bytes([byte]) for byte in MIXED)) == MIXED_DATA


def test_bytes_that_are_no_utf8_do_not_lose_the_event() -> None:
    """A broken byte becomes the replacement character."""
    assert decode(b"data: a\xffb\n\n") == ["a\ufffdb"]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), min_size=1), max_size=5),
    st.sampled_from(["\n", "\r", "\r\n"]),
    st.data(),
)
def test_any_data_survives_any_cuts(events: list[str], end: str, data: st.DataObject) -> None:
    """What was put into events comes out again, for any text and any pieces."""
    body = "".join(f"data: {event}{end}{end}" for event in events).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    pieces = [body[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    expected = events[: next((i for i, event in enumerate(events) if event.startswith("[DONE]")), len(events))]
    assert decode(*pieces) == expected


def test_a_large_event_in_small_pieces_takes_linear_time() -> None:
    """Four times the size takes about four times as long, not sixteen times."""

    def seconds(size: int) -> float:
        pieces = [b"data: ", *[b"x" * 100] * (size // 100), b"\n\n"]
        start = process_time()
        assert [len(event) for event in decode(*pieces)] == [size // 100 * 100]
        return process_time() - start

    small = min(seconds(500_000) for _ in range(3))
    assert min(seconds(4_000_000) for _ in range(3)) < 8 * small * 4
