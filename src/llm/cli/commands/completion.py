"""`llm completion`: words offered by the shell when TAB is pressed.

The scripts call this command again, with what has been typed after `--`. The answer is a line for each candidate: its
kind, the word and a description, separated by tabs. Kinds are `value`, `part` (more is to follow without a space),
`files` and `folders` (the shell knows them better).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

import click

from llm.cli.groups import HELP_NAMES

SHELLS = {"bash": "completion.bash", "zsh": "completion.zsh", "fish": "completion.fish", "powershell": "completion.ps1"}
AS_TYPED = ("bash", "fish")  #: shells that hand over words, or the last one, with the quotes around them
LONGEST_HELP = 80

# What a word is made of in bash: text between quotes, which may still be open, a letter after a backslash, other text.
_PIECE = re.compile(r"""'([^']*)'?|"((?:\\.|[^"\\])*)"?|\\(.?)|([^'"\\]+)""", re.DOTALL)


@click.command("completion", context_settings=HELP_NAMES)
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="")
@click.option("--word", hidden=True, help="The last word, for shells that drop empty arguments")
@click.pass_context
def completion(context: click.Context, shell: str, words: tuple[str, ...], word: str | None) -> None:
    """Print a script that lets SHELL complete commands, options and names.

    \b
        eval "$(llm completion bash)"                  # in ~/.bashrc
        eval "$(llm completion zsh)"                   # in ~/.zshrc, after compinit
        llm completion fish | source                   # in ~/.config/fish/config.fish
        llm completion powershell | Out-String | iex   # in $PROFILE
    """
    if word is not None:
        words = (*words, word)
    if shell in AS_TYPED:
        words = tuple(map(_unquoted, words))
    if not words:
        click.echo(_script(shell), nl=False)
        return
    for line in _lines(context.find_root(), words):
        click.echo(line)


def _script(shell: str) -> str:
    import pkgutil

    return (pkgutil.get_data("llm.cli", f"scripts/{SHELLS[shell]}") or b"").decode("utf-8")


def _lines(root: click.Context, words: Sequence[str]) -> Iterator[str]:
    """Yield the candidates; whatever fails, the user who is typing sees no error."""
    from llm.cli.completing import candidates
    from llm.cli.errors import wants_tracebacks

    try:
        for candidate in candidates(cast("click.Group", root.command), words):
            if candidate.value.isprintable():
                yield f"{candidate.kind}\t{candidate.value}\t{_on_one_line(candidate.help)}"
    except Exception:
        if wants_tracebacks():
            raise


def _unquoted(word: str) -> str:
    """Return what a word says, with the quotes and backslashes of the shell taken away."""
    return "".join(
        re.sub(r"\\([$`\"\\\n])", r"\1", double) if double else single or escaped or plain
        for single, double, escaped, plain in _PIECE.findall(word)
    )


def _on_one_line(text: str) -> str:
    from llm.core.text import truncate_string

    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return truncate_string(" ".join(shown.split()), LONGEST_HELP)
