"""Historical import path of messages, their parts and stream events."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "StreamEvent": "llm.core.events",
    "Message": "llm.core.messages",
    "assistant": "llm.core.messages",
    "system": "llm.core.messages",
    "tool_message": "llm.core.messages",
    "user": "llm.core.messages",
    "AttachmentPart": "llm.core.parts",
    "Part": "llm.core.parts",
    "ReasoningPart": "llm.core.parts",
    "TextPart": "llm.core.parts",
    "ToolCallPart": "llm.core.parts",
    "ToolResultPart": "llm.core.parts",
    "normalize_parts": "llm.core.parts",
    # Homes are elsewhere, but programs have imported them from here.
    "Attachment": "llm.core.attachments",
    "AttachmentDict": "llm.core.wire",
    "AttachmentPartDict": "llm.core.wire",
    "MessageDict": "llm.core.wire",
    "ReasoningPartDict": "llm.core.wire",
    "TextPartDict": "llm.core.wire",
    "ToolCallPartDict": "llm.core.wire",
    "ToolResultPartDict": "llm.core.wire",
}

if TYPE_CHECKING:
    from llm.core.attachments import Attachment as Attachment
    from llm.core.events import StreamEvent as StreamEvent
    from llm.core.messages import Message as Message
    from llm.core.messages import assistant as assistant
    from llm.core.messages import system as system
    from llm.core.messages import tool_message as tool_message
    from llm.core.messages import user as user
    from llm.core.parts import AttachmentPart as AttachmentPart
    from llm.core.parts import Part as Part
    from llm.core.parts import ReasoningPart as ReasoningPart
    from llm.core.parts import TextPart as TextPart
    from llm.core.parts import ToolCallPart as ToolCallPart
    from llm.core.parts import ToolResultPart as ToolResultPart
    from llm.core.parts import normalize_parts as normalize_parts
    from llm.core.wire import AttachmentDict as AttachmentDict
    from llm.core.wire import AttachmentPartDict as AttachmentPartDict
    from llm.core.wire import MessageDict as MessageDict
    from llm.core.wire import ReasoningPartDict as ReasoningPartDict
    from llm.core.wire import TextPartDict as TextPartDict
    from llm.core.wire import ToolCallPartDict as ToolCallPartDict
    from llm.core.wire import ToolResultPartDict as ToolResultPartDict
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
