from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from llm.features.chat_input import ChatInput, Collect, Command, Edit, End, Send
from tests.damage import nasty_texts

LINES = [
    "!multi",
    "!multi x y",
    " !multi",
    "!end",
    "!end x y",
    "!edit",
    "!fragment a",
    "!fragment a b ",
    "!fragment",
    "quit",
    "exit",
]
lines = (
    st.sampled_from([*LINES, "quit ", "/help", "/help me", "", " ", "hello", "a!multi", "!"])
    | st.text(max_size=6)
    | nasty_texts
)
COMMANDS = ("/help", "/model")


def words(text: str) -> list[str]:
    return text.split()


@settings(max_examples=80)
@given(st.lists(lines, max_size=8), st.booleans(), st.none() | lines)
def test_nothing_typed_is_lost(typed: list[str], fragments: bool, edited: str | None) -> None:
    """Every word that was typed is sent, names a fragment or a command, or is one of the words of the chat itself."""
    chat = ChatInput(COMMANDS, fragments=fragments)
    done = [action for line in typed for action in chat.feed(line)]
    done += list(chat.edited(edited))
    sent = " ".join(
        " ".join([action.text, *action.fragments]) if isinstance(action, Send) else " ".join(action.fragments)
        for action in done
        if isinstance(action, (Send, Collect))
    )
    commanded = " ".join(f"{action.name} {action.argument}" for action in done if isinstance(action, Command))
    kept = " ".join(chat._lines or [])
    marks = {"!multi", "!end", "!edit", "!fragment", "quit", "exit"}
    ends = {word for line in typed if line.strip().startswith("!multi") for word in line.split()}
    for word in words(" ".join([*typed, edited or ""])):
        assert word in marks | ends or word in words(f"{sent} {commanded} {kept}"), (word, done)
    assert all(isinstance(action, (Send, Collect, Edit, End, Command)) for action in done)


@settings(max_examples=40)
@given(
    st.lists(
        st.text(st.characters(exclude_characters="\n"), max_size=6) | st.sampled_from(LINES), min_size=1, max_size=6
    )
)
def test_lines_and_pastes_agree_while_collecting(typed: list[str]) -> None:
    """In a message that is being collected, a paste means what its lines mean, up to its end."""
    until_end = typed[: typed.index("!end")] if "!end" in typed else typed
    until_end = [line for line in until_end if line.strip() != "!end"]
    one, other = ChatInput(), ChatInput()
    by_line = [action for line in ["!multi", *until_end, "!end"] for action in one.feed(line)]
    pasted = [action for paste in ["!multi", "\n".join(until_end), "!end"] for action in other.feed(paste)]
    if until_end:
        assert pasted == by_line
