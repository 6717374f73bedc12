"""The slash commands of a chat on a terminal: a table of what each does to the chat, and what it tells the user."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from llm.core.errors import UserError
from llm.core.history import messages_of
from llm.core.messages import Message
from llm.core.parts import AttachmentPart, TextPart, ToolCallPart
from llm.features.chat import Chat, ChatMessage, require_conversations


class ChatCommandError(UserError):
    """A slash command cannot be carried out as it stands."""


class Takes(Enum):
    """What a slash command takes as its argument, which decides what completes it."""

    NOTHING = auto()
    TEXT = auto()
    MODEL = auto()
    FILE = auto()
    TOOL = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to tell the user, and a message to be sent, if the command asks for that."""

    says: str = ""
    message: ChatMessage | None = None


@dataclass(frozen=True, slots=True)
class ChatCommand:
    """One slash command, with its line in the list that `/help` shows."""

    usage: str
    help: str
    takes: Takes
    run: Callable[[Chat, str], Outcome]


def run_command(chat: Chat, name: str, argument: str) -> Outcome:
    """Carry out a slash command. Raises `UserError` and what loading models, tools and attachments raises."""
    return COMMANDS[name].run(chat, argument)


def help_lines() -> list[str]:
    """Return what `/help` shows: a line for each slash command."""
    rows = [(command.usage, command.help) for command in COMMANDS.values()]
    width = max(len(usage) for usage, _ in rows)
    return [f"{usage.ljust(width)}  {text}" for usage, text in rows]


def _model(chat: Chat, argument: str) -> Outcome:
    from llm.registry.finding import find_model

    if not argument:
        return Outcome(f"Chatting with {chat.model.model_id}")
    model = find_model(argument)
    require_conversations(model)
    lost = chat.use_model(model)
    note = ". Options and key that were given for the other model are not used" if lost else ""
    return Outcome(f"Chatting with {model.model_id}{note}")


def _system(chat: Chat, argument: str) -> Outcome:
    if argument:
        chat.system = argument
        return Outcome("The next messages are sent with this system prompt")
    return Outcome(chat.system or "No system prompt was set in this chat. Set one with: /system TEXT")


def _attach(chat: Chat, argument: str) -> Outcome:
    from llm.features.attachments import resolve_attachment

    if argument == "-":
        raise ChatCommandError("Standard input is what you type here. Attach a file or a URL")
    if argument:
        chat.attachments.append(resolve_attachment(_expanded(argument)))
    if not chat.attachments:
        return Outcome("Nothing is attached to the next message. Attach something with: /attach PATH or URL")
    names = ", ".join(attachment.path or attachment.url or "data" for attachment in chat.attachments)
    return Outcome(f"Attached to the next message: {names}")


def _tools(chat: Chat, argument: str) -> Outcome:
    from llm.features.tool_specs import gather_tools

    if argument:
        chat.tools.extend(gather_tools([argument], (), chat.model))
    if not chat.tools:
        return Outcome("The model has no tools here. Offer one with: /tools NAME ('llm tools' lists them)")
    names = (getattr(tool, "name", None) or type(tool).__name__ for tool in chat.tools)
    return Outcome(f"Tools the model may use: {', '.join(names)}")


def _undo(chat: Chat, _: str) -> Outcome:
    message = chat.undo()
    if message is None:
        return Outcome("There is no message of this chat left to take back")
    return Outcome("The model no longer knows of the latest message and its answer. The log keeps them")


def _retry(chat: Chat, _: str) -> Outcome:
    message = chat.unanswered or chat.undo()
    return Outcome(message=message) if message else Outcome("There is no message to send again")


def _save(chat: Chat, argument: str) -> Outcome:
    if not argument:
        raise ChatCommandError("Name a file to save the conversation to: /save FILE.md")
    path = Path(_expanded(argument))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(_as_markdown(messages_of(chat.conversation._history())))
    except FileExistsError as error:
        raise ChatCommandError(f"{path} exists already. Name another file") from error
    except OSError as error:
        raise ChatCommandError(f"Could not save to {path}: {error.strerror}") from error
    return Outcome(f"Saved to {path}")


def _help(_: Chat, __: str) -> Outcome:
    return Outcome("\n".join(help_lines()))


def _as_markdown(messages: Iterable[Message]) -> str:
    texts = ((message.role, "\n\n".join(filter(None, map(_part_text, message.parts)))) for message in messages)
    return "\n".join(f"## {role.capitalize()}\n\n{text}\n" for role, text in texts if text)


def _part_text(part: object) -> str:
    if isinstance(part, TextPart):
        return part.text.strip("\n")
    if isinstance(part, AttachmentPart) and part.attachment:
        return f"(attached: {part.attachment.path or part.attachment.url or part.attachment.type})"
    return f"(tool call: {part.name})" if isinstance(part, ToolCallPart) else ""


def _expanded(path: str) -> str:
    return str(Path(path).expanduser()) if path.startswith("~") else path


COMMANDS = {
    "/model": ChatCommand("/model [MODEL]", "Have another model answer from here on", Takes.MODEL, _model),
    "/system": ChatCommand("/system [TEXT]", "Set the system prompt", Takes.TEXT, _system),
    "/attach": ChatCommand("/attach [PATH|URL]", "Attach something to the next message", Takes.FILE, _attach),
    "/tools": ChatCommand("/tools [NAME]", "Offer the model another tool, or list its tools", Takes.TOOL, _tools),
    "/undo": ChatCommand("/undo", "Take back the latest message and its answer", Takes.NOTHING, _undo),
    "/retry": ChatCommand("/retry", "Ask for another answer to the latest message", Takes.NOTHING, _retry),
    "/save": ChatCommand("/save FILE", "Save the conversation as Markdown", Takes.FILE, _save),
    "/help": ChatCommand("/help", "List these commands", Takes.NOTHING, _help),
}
