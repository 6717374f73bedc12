from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm.providers.http.sse import EventDecoder

PIECES = [
    b"data", b"data:", b"data: ", b" data: ", b":", b"event: ping", b"id:", b"retry: 1", b"\n", b"\r", b"\r\n", b"\n\n",
    b"x", b" ", b"[DONE]", b"\xff", "é\u2028\x85".encode(), b"\xef\xbb\xbf", b"{}", b"\x00",
]  # fmt: skip
bodies = st.binary(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=16).map(b"".join)


def reference(body: bytes) -> list[str]:
    """The standard's algorithm in the plainest words: the whole body at once, line by line, data only."""
    lines = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    events: list[str] = []
    data: list[str] = []
    for line in lines[:-1]:  # what stands behind the last line end is no line
        if not line:
            text = "\n".join(data)
            if text.startswith("[DONE]"):
                break
            events += [text] if text else []
            data = []
        else:
            name, _, value = line.partition(b":")
            if name == b"data":
                data.append(value.removeprefix(b" ").decode("utf-8", "replace"))
    return events


@settings(max_examples=150)
@given(bodies, st.lists(st.integers(0, 60), max_size=6))
@example(b"\xef\xbb\xbfdata: a\n\n", [1, 2])
@example(b"data: a\r\n\r\n", [8, 9, 10])
def test_any_body_in_any_pieces(body: bytes, cuts: list[int]) -> None:
    """Any bytes, cut anywhere or fed one by one, give the events that the standard's algorithm gives."""
    ends = sorted(min(cut, len(body)) for cut in cuts)
    pieces = [body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True)]
    for way in (pieces, [bytes([byte]) for byte in body]):
        decoder = EventDecoder()
        events = [event for piece in way for event in decoder.feed(piece)]
        decoder.finish()
        assert events == reference(body)
