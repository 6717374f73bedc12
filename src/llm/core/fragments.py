"""Text that knows where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class Fragment(str):  # noqa: SLOT000 -- loaders may set attributes of their own, which pickles keep with the source
    """A `str` with a `source`: a path, a URL or whatever the loader used.

    String operations give ordinary strings; copies and pickles keep the source.
    """

    __module__ = "llm.utils"

    source: str

    def __new__(cls, content: str, source: str = "") -> Self:
        fragment = super().__new__(cls, content)
        fragment.source = source
        return fragment

    def id(self) -> str:
        """Return the SHA-256 of the text in UTF-8, as hex: its identity in the log database."""
        import hashlib

        return hashlib.sha256(self.encode()).hexdigest()
