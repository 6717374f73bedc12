"""How a command may end, whatever it was given: with an answer, or with one of the documented errors."""

from __future__ import annotations

from click.testing import CliRunner, Result

from llm.cli import cli


def run_to_an_end(*words: str, piped: str | bytes | None = None) -> Result:
    """Run `llm` with these words. Fails unless it ends well, or says `Error: ...` and has an exit code."""
    result = CliRunner().invoke(cli, list(words), input=piped)
    assert result.exception is None or isinstance(result.exception, SystemExit), (words, result.exc_info)
    assert "Traceback (most recent call last)" not in result.output
    if result.exit_code:
        assert "Error: " in result.stderr or "Aborted!" in result.stderr, (words, result.output)
    result.output.encode()
    return result
