"""A chat: what each message is sent with, and which turns count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import llm
from llm.core.errors import UserError
from llm.core.fragments import Fragment
from llm.features.chat import Chat, ChatMessage, Opening
from llm.features.chat_commands import COMMANDS, ChatCommandError, help_lines, run_command
from llm.features.chat_completion import completions
from llm.features.prompting import RunSettings
from llm.features.templates import Template
from tests.registry.stand_ins import model_plugin


class Options(llm.Options):
    """An option."""

    n: int | None = None


class Talker(llm.KeyModel):
    """Tells how many messages it got; fails or is interrupted if told so."""

    model_id = "talker"
    needs_key = "one"
    can_stream = True
    supports_tools = True
    Options = Options

    def __init__(self) -> None:
        self.prompts: list[Any] = []

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any, key: str | None = None
    ) -> Iterator[str]:  # fmt: skip
        self.prompts.append(prompt)
        if prompt.prompt == "nothing":
            raise KeyboardInterrupt
        if prompt.prompt.startswith("call"):
            response.add_tool_call(llm.ToolCall(name="tool", arguments={}))
        yield f"answer {len(prompt.messages)}"
        if prompt.prompt == "stop":
            raise KeyboardInterrupt
        if prompt.prompt.endswith("fail"):
            raise llm.ModelError("broken")


class Other(Talker):
    """A model of another provider, with no options."""

    model_id = "other"
    needs_key = "two"
    Options = llm.Options  # type: ignore[assignment]


@pytest.fixture
def model() -> Talker:
    """The model that answers."""
    return Talker()


@pytest.fixture
def chat(model: Talker) -> Chat:
    """A chat with it."""
    return Chat(conversation=model.conversation(), settings=RunSettings(key="k"))


def say(chat: Chat, text: str, **along: Any) -> str:
    """Send a message as the command does, and return the answer."""
    answer = chat.begin(ChatMessage(text=text, **along))
    try:
        found = answer.text()
    except KeyboardInterrupt:
        return "kept" if chat.stop(answer) else "nothing"
    except Exception:
        chat.drop()
        return "dropped"
    chat.finish()
    return found


def texts(model: Talker) -> list[str]:
    """What the model got last: role and text of each message."""
    return [f"{message.role}: {''.join(part.text for part in message.parts)}" for message in model.prompts[-1].messages]


def test_the_opening_goes_with_the_first_message_that_is_answered(chat: Chat, model: Talker) -> None:
    """System prompt and fragments go along until a message was answered, and then no more."""
    chat.opening = Opening(system="sys", fragments=[Fragment("text")])
    assert say(chat, "fail") == "dropped"
    assert say(chat, "one") == "answer 2"
    assert texts(model) == ["system: sys", "user: text\none"]
    say(chat, "two")
    assert texts(model)[-1] == "user: two"


def test_a_failed_turn_is_forgotten(chat: Chat, model: Talker) -> None:
    """The model hears nothing of a message whose turn failed; it can be sent again."""
    say(chat, "one")
    assert say(chat, "fail") == "dropped"
    assert chat.unanswered == ChatMessage(text="fail")
    say(chat, "two")
    assert texts(model) == ["user: one", "assistant: answer 1", "user: two"]
    assert chat.unanswered is None


def test_a_stopped_turn_counts(chat: Chat, model: Talker) -> None:
    """What had come of a stopped answer is what the model remembers; a turn with nothing is forgotten."""
    assert say(chat, "nothing") == "nothing"
    assert say(chat, "stop") == "kept"
    say(chat, "two")
    assert texts(model) == ["user: stop", "assistant: answer 1", "user: two"]


def test_calls_without_results_are_left_out(chat: Chat, model: Talker) -> None:
    """A chain that is stopped while a tool runs leaves no call that nobody answered."""

    def tool() -> str:
        """Is interrupted."""
        raise KeyboardInterrupt

    chat.tools = [llm.Tool.function(tool)]
    assert say(chat, "call") == "kept"
    chat.tools = []
    say(chat, "two")
    assert texts(model) == ["user: call", "assistant: answer 1", "user: two"]


def test_undo(chat: Chat, model: Talker) -> None:
    """Each undo forgets one turn, stopped ones too, down to the opening, and returns its message."""
    chat.opening = Opening(system="sys")
    for text in ("one", "stop", "three"):
        say(chat, text)
    assert [message and message.text for message in (chat.undo(), chat.undo())] == ["three", "stop"]
    say(chat, "two")
    assert texts(model) == ["system: sys", "user: one", "assistant: answer 2", "user: two"]
    chat.undo(), chat.undo()
    assert chat.undo() is None
    say(chat, "one")
    assert texts(model) == ["system: sys", "user: one"]


def test_undo_in_a_continued_conversation(chat: Chat, model: Talker) -> None:
    """Undo goes back to what was continued, not further."""
    chat.conversation.loaded_messages = [llm.user("old"), llm.assistant("answer")]
    say(chat, "one")
    chat.undo()
    assert chat.undo() is None
    say(chat, "two")
    assert texts(model) == ["user: old", "assistant: answer", "user: two"]


def test_template(chat: Chat, model: Talker) -> None:
    """The template is applied to each message; a system prompt set on the way takes the place of its own."""
    chat.template = Template(name="t", prompt="Say $input", system="sys")
    say(chat, "one")
    chat.system = "new"
    say(chat, "two")
    assert texts(model) == ["system: sys", "user: Say one", "assistant: answer 2", "system: new", "user: Say two"]
    chat.undo()
    assert chat.undo() == ChatMessage(text="one")


def test_another_model_gets_no_foreign_key_or_options(chat: Chat, model: Talker) -> None:
    """A key goes to the provider it was given for only, and options to models that take them."""
    chat.settings = RunSettings(key="k", options={"n": 1})
    assert chat.use_model(Talker()) is False
    assert (chat.settings.key, chat.settings.options) == ("k", {"n": 1})
    assert chat.use_model(Other()) is True
    assert (chat.settings.key, chat.settings.options) == (None, {})
    assert chat.use_model(Talker()) is False


def test_every_word_has_a_line_of_help() -> None:
    """/help lists each word with what it does."""
    lines = help_lines()
    assert len(lines) == len(COMMANDS)
    assert all(line.startswith(word) for word, line in zip(COMMANDS, lines, strict=True))


@pytest.mark.parametrize("word", [word for word in COMMANDS if word != "/save"])
def test_words_alone_say_how_it_is(chat: Chat, word: str) -> None:
    """Each word without anything behind it says how things are, or what it needs."""
    assert run_command(chat, word, "").says


def test_saving(chat: Chat, tmp_path: Any) -> None:
    """/save writes the conversation as Markdown, and never over a file."""
    chat.opening = Opening(system="sys")
    say(chat, "one")
    path = tmp_path / "saved.md"
    run_command(chat, "/save", str(path))
    assert path.read_text() == "## System\n\nsys\n\n## User\n\none\n\n## Assistant\n\nanswer 2\n"
    for argument, message in ((str(path), "exists already"), ("", "Name a file"), (str(tmp_path / "no" / "f"), "no/f")):
        with pytest.raises(ChatCommandError, match=message):
            run_command(chat, "/save", argument)


def test_attaching(chat: Chat, tmp_path: Any) -> None:
    """/attach keeps files for the next message; standard input is what is typed, so it cannot be attached."""
    path = tmp_path / "a.txt"
    path.write_text("hello")
    assert str(path) in run_command(chat, "/attach", str(path)).says
    assert [attachment.path for attachment in chat.attachments] == [str(path)]
    with pytest.raises(ChatCommandError, match="Standard input"):
        run_command(chat, "/attach", "-")


def test_changing_the_model(chat: Chat, register_plugins: Callable[..., None]) -> None:
    """/model goes on with another model, says what is lost by that, and refuses one that cannot be chatted with."""
    alone = Other()
    alone.model_id, alone.supports_conversation = "alone", False
    register_plugins(model_plugin("talkers", (Other(),), (alone,)))
    assert run_command(chat, "/model", "other").says.startswith("Chatting with other. Options and key")
    assert chat.model.model_id == "other"
    with pytest.raises(UserError, match="alone does not support conversations"):
        run_command(chat, "/model", "alone")
    with pytest.raises(llm.UnknownModelError, match="nobody"):
        run_command(chat, "/model", "nobody")
    assert run_command(chat, "/model", "").says == "Chatting with other"


def test_changing_the_system_prompt_and_tools(chat: Chat, model: Talker) -> None:
    """What /system and /tools say goes with the next message."""
    run_command(chat, "/system", "be brief")
    assert run_command(chat, "/system", "").says == "be brief"
    assert run_command(chat, "/tools", "llm_version").says == "Tools the model may use: llm_version"
    say(chat, "one")
    assert texts(model)[0] == "system: be brief"
    assert [tool.name for tool in model.prompts[-1].tools] == ["llm_version"]


def test_taking_back(chat: Chat, model: Talker) -> None:
    """After /undo the model knows nothing of the message; when there is none left, that is said."""
    say(chat, "one")
    assert run_command(chat, "/undo", "").says.startswith("The model no longer knows")
    say(chat, "two")
    assert texts(model) == ["user: two"]
    run_command(chat, "/undo", "")
    assert run_command(chat, "/undo", "").says == "There is no message of this chat left to take back"


def test_retry(chat: Chat) -> None:
    """/retry sends the latest message again: the one that failed, or the one whose answer it takes back."""
    say(chat, "one")
    say(chat, "fail")
    assert run_command(chat, "/retry", "").message == ChatMessage(text="fail")
    say(chat, "two")
    assert run_command(chat, "/retry", "").message == ChatMessage(text="two")
    assert len(chat.conversation.responses) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/mo", ["/model"]), ("/s", ["/save", "/system"]), ("!m", ["!multi"]), ("text", []), ("/nope x", []),
        ("", []), ("/system x", []), ("/tools llm_v", ["llm_version"]), ("/model gpt-4.1-mi", ["gpt-4.1-mini"]),
    ],
)  # fmt: skip
def test_completions(line: str, words: list[str]) -> None:
    """Words complete at the start of a line, and behind a word what it takes."""
    assert list(completions(line).words) == words


def test_completions_of_paths(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files complete behind /attach, /save and !fragment; folders end with a slash, hidden files need their dot."""
    monkeypatch.chdir(tmp_path)
    for name in ("with space.txt", "other", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    assert completions("/attach ").words == ["folder/", "other", "with space.txt"]
    assert completions("/save with sp").words == ["with space.txt"]
    assert completions("!fragment folder/ ot").words == ["other"]
    assert completions("!fragment .h").words == [".hidden"]
    assert completions(f"/attach {tmp_path}/ot") == type(completions(""))([f"{tmp_path}/other"], len(f"{tmp_path}/ot"))
