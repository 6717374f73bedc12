"""Historical import path of the typed dictionaries of messages and responses."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "AttachmentDict": "llm.core.wire",
    "AttachmentPartDict": "llm.core.wire",
    "MessageDict": "llm.core.wire",
    "PartDict": "llm.core.wire",
    "PromptDict": "llm.core.wire",
    "ReasoningPartDict": "llm.core.wire",
    "ResponseDict": "llm.core.wire",
    "TextPartDict": "llm.core.wire",
    "ToolCallPartDict": "llm.core.wire",
    "ToolResultPartDict": "llm.core.wire",
    "UsageDict": "llm.core.wire",
}

__all__ = [
    "AttachmentDict",
    "AttachmentPartDict",
    "MessageDict",
    "PartDict",
    "PromptDict",
    "ReasoningPartDict",
    "ResponseDict",
    "TextPartDict",
    "ToolCallPartDict",
    "ToolResultPartDict",
    "UsageDict",
]

if TYPE_CHECKING:
    from llm.core.wire import AttachmentDict as AttachmentDict
    from llm.core.wire import AttachmentPartDict as AttachmentPartDict
    from llm.core.wire import MessageDict as MessageDict
    from llm.core.wire import PartDict as PartDict
    from llm.core.wire import PromptDict as PromptDict
    from llm.core.wire import ReasoningPartDict as ReasoningPartDict
    from llm.core.wire import ResponseDict as ResponseDict
    from llm.core.wire import TextPartDict as TextPartDict
    from llm.core.wire import ToolCallPartDict as ToolCallPartDict
    from llm.core.wire import ToolResultPartDict as ToolResultPartDict
    from llm.core.wire import UsageDict as UsageDict
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
