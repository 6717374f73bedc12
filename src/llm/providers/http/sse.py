"""Server-sent events, decoded without input or output.

httpx2 has a decoder of its own, but that one refuses events above 1 MiB (a `response.completed` of several MB is
normal) and looks at the content type, which servers get wrong. The format is that of
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation; of the fields only `data`
is of interest here.
"""

from __future__ import annotations

END_MARK = "[DONE]"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventDecoder:
    """Takes the bytes of a body in pieces of any size and gives the data of each event that is complete.

    `done` becomes true at the data `[DONE]`, with which OpenAI ends a stream; whatever follows is ignored.
    """

    __slots__ = ("_after_cr", "_beginning", "_data", "_line", "done")

    def __init__(self) -> None:
        self.done = False
        self._data: list[str] = []
        # The unfinished line. A bytearray, so that a line of several MB in small pieces takes linear time.
        self._line = bytearray()
        self._after_cr = False
        # What may be the beginning of a byte order mark; None once the stream has begun.
        self._beginning: bytes | None = b""

    def feed(self, piece: bytes) -> list[str]:
        """Return the data of the events that this piece completes."""
        if self._beginning is not None:
            piece = self._begun(piece)
        if self._after_cr and piece.startswith(b"\n"):
            piece = piece[1:]
            self._after_cr = False
        if not piece or self.done:
            return []
        self._after_cr = piece.endswith(b"\r")
        lines = piece.splitlines()  # of bytes: at LF, CR and CRLF and nowhere else
        rest = b"" if piece.endswith((b"\n", b"\r")) else lines.pop()
        events = self._read(lines)
        self._line += rest
        return events

    def finish(self) -> None:
        """The body has ended: an event whose blank line never came does not count."""
        self._data.clear()
        self._line.clear()
        self._after_cr = False
        self._beginning = b""

    def _begun(self, piece: bytes) -> bytes:
        """Return what follows the byte order mark with which a stream may begin."""
        piece = (self._beginning or b"") + piece
        if len(piece) < len(BYTE_ORDER_MARK) and BYTE_ORDER_MARK.startswith(piece):
            self._beginning = piece
            return b""
        self._beginning = None
        return piece.removeprefix(BYTE_ORDER_MARK)

    def _read(self, lines: list[bytes]) -> list[str]:
        if lines and self._line:
            self._line += lines[0]
            lines[0] = bytes(self._line)
            self._line.clear()
        events = []
        for line in lines:
            if line.startswith(b"data"):
                self._field(line)
            elif not line and self._data:
                data = "\n".join(self._data)
                self._data.clear()
                if data.startswith(END_MARK):
                    self.done = True
                    break
                if data:
                    events.append(data)
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            # Bytes that are no UTF-8 must not lose a reply that was paid for.
            self._data.append(value.removeprefix(b" ").decode("utf-8", "replace"))
