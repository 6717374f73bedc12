"""The text of a prompt: what is piped in, what stands on the command line, or what somebody types."""

from __future__ import annotations

from dataclasses import dataclass, field

from llm.features.standard_input import StandardInput


@dataclass(slots=True)
class PromptReader:
    """Reads the prompt, as often as it is asked for; standard input goes to whoever asks first.

    `claimed` says that standard input belongs to something else, such as a fragment.
    """

    stdin: StandardInput = field(default_factory=StandardInput)
    claimed: bool = False

    def read(self, argument: str | None, *, wait: bool) -> str | None:
        """Return the piped text followed by the argument; either may be missing.

        With neither, and `wait`, the text is what is typed at the terminal until its end.
        """
        if self.claimed:
            return argument
        if not self.stdin.is_terminal():
            return self._with_piped(argument)
        if argument is None and wait:
            return self._text()
        return argument

    def _with_piped(self, argument: str | None) -> str | None:
        piped = self._text()
        if not piped:
            return argument
        return f"{piped} {argument}" if argument else piped

    def _text(self) -> str:
        self.claimed = True
        return self.stdin.text()
