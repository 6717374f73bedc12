from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shells import Shells, needs

on_bash = pytest.param("bash", marks=needs("bash"))
on_zsh = pytest.param("zsh", marks=needs("zsh"))


@pytest.fixture
def shells(tmp_path: Path, user_path: Path) -> Shells:
    """Shells, a user with templates, aliases with colons, and a file."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "a file.txt").touch()
    (user_path / "templates").mkdir()
    (user_path / "templates" / "two words.yaml").touch()
    (user_path / "aliases.json").write_text('{"quick:8b": "gpt-4o-mini", "quick:70b": "gpt-4o"}')
    (user_path / "keys.json").write_text('{"service": "s3cret"}')
    return Shells(folder, user_path)


@pytest.mark.parametrize("shell", [on_bash, on_zsh])
@pytest.mark.parametrize(
    ("keys", "called"),
    [
        ("llm ke\tge\tser\t", ["keys", "get", "service"]),
        ("llm -m quick:8\thi", ["-m", "quick:8b", "hi"]),
        ("llm --model=quick:7\thi", ["--model=quick:70b", "hi"]),
        ("llm 'what is it' --mod\tquick:8\t", ["what is it", "--model", "quick:8b"]),
        ("llm what: -m quick:8\t", ["what:", "-m", "quick:8b"]),
        ("llm templates edit two\t", ["templates", "edit", "two words"]),
        ("llm fragments show a\\ f\t", ["fragments", "show", "a file.txt"]),
        ("llm embed --input=a\\ f\tx", ["embed", "--input=a file.txt", "x"]),
    ],
)
def test_typing(shells: Shells, shell: str, keys: str, called: list[str]) -> None:
    """TAB completes commands, options, names with colons and blanks, and files, after prompts in quotes too."""
    assert shells.type(shell, keys) == called


@needs("bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["llm", ""], ["aliases", "keys", "models", "prompt"]),
        (["llm", "-m", "quick", ":"], ["8b", "70b"]),
        (["llm", "-m", "quick", ":", "7"], ["70b"]),
        (["llm", "--model", "=", "quick"], [r"quick:8b", r"quick:70b"]),
        (["llm", "--model", "="], ["gpt-4o", "quick:8b"]),
        (["llm", "templates", "edit", "two"], [r"two\ words"]),
        (["llm", "templates", "edit", "'two"], ["two words"]),
    ],
)
def test_bash_function(shells: Shells, words: list[str], expected: list[str]) -> None:
    """The function gives what goes in place of the last piece of a word: bash ends words at colons and equals signs."""
    line = " ".join(words).replace(" : ", ":").replace(" = ", "=").replace(" =", "=").replace(" :", ":")
    script = (
        'eval "$(llm completion bash)"; COMP_LINE=$1; shift; COMP_POINT=${#COMP_LINE}; COMP_WORDS=("$@"); '
        "COMP_CWORD=$(($# - 1)); _llm_completion llm 2> /dev/null; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    found = shells.run("bash", "--norc", "-c", script, "bash", line, *words).splitlines()
    assert set(expected) <= set(found)
    assert len(found) == len(set(found))


@needs("fish")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("llm ke", "keys\tStore API keys and look them up."),
        ("llm keys get ", "service"),
        ("llm -m quick:8", "quick:8b\tgpt-4o-mini"),
        ("llm --model=quick:7", "--model=quick:70b\tgpt-4o"),
        ("llm 'what is it' -m quick:8", "quick:8b\tgpt-4o-mini"),
        ("llm templates edit 'two", "two words"),
        ("llm embed --input=a", "--input=a file.txt"),
        ("llm fragments show a", "a file.txt"),
    ],
)
def test_fish(shells: Shells, line: str, expected: str) -> None:
    """fish offers words with what they are, files among them, also as values of an option with an equals sign."""
    script = "llm completion fish | source; complete --do-complete $argv[1]"
    assert shells.run("fish", "--no-config", "-c", script, line).splitlines() == [expected]


@needs("pwsh")
def test_powershell(shells: Shells) -> None:
    """PowerShell gets candidates for the word at the cursor."""
    script = (
        "llm completion powershell | Out-String | Invoke-Expression; "
        "(TabExpansion2 'llm -m quick:8' 14).CompletionMatches | ForEach-Object { $_.CompletionText }"
    )
    assert shells.run("pwsh", "-NoProfile", "-Command", script).splitlines() == ["quick:8b"]
