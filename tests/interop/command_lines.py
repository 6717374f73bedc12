"""The command lines of the comparison with LLM 0.36, in groups that start with files of their own."""

from __future__ import annotations

from tests.interop.lines_of_corners import CORNERS
from tests.interop.lines_of_environments import BROKEN, PIPES, TALKS, VARIABLES
from tests.interop.lines_of_prompts import (
    ATTACHMENTS,
    CHATS,
    CONVERSATIONS,
    PROMPTS,
    SAVING,
    SCHEMAS,
    STANDARD_INPUT,
    TEMPLATE_GROUP,
    TOOL_GROUP,
)
from tests.interop.lines_of_settings import DAMAGED, EDGES, EMBEDDINGS, LOGS, SETTINGS
from tests.interop.lines_of_wires import ADDRESSES, CHAT, EXTRA, OTHERS, RESPONSES, SERVER_TOOLS

GROUPS = (
    PROMPTS, CONVERSATIONS, CHATS, ATTACHMENTS, STANDARD_INPUT, TEMPLATE_GROUP, SAVING, SCHEMAS, TOOL_GROUP,
    LOGS, SETTINGS, EMBEDDINGS, DAMAGED, EDGES, CORNERS,
    VARIABLES, PIPES, BROKEN, TALKS, CHAT, RESPONSES, SERVER_TOOLS, OTHERS, EXTRA, ADDRESSES,
)  # fmt: skip
