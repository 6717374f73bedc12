"""Historical import path of models, responses, conversations, tools and attachments."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "Attachment": "llm.core.attachments",
    "Usage": "llm.core.usage",
    "Fragment": "llm.core.fragments",
    "Tool": "llm.core.tools",
    "ToolCall": "llm.core.tools",
    "ToolResult": "llm.core.tools",
    "ToolOutput": "llm.core.tools",
    "Toolbox": "llm.core.toolbox",
    "ServerSideTool": "llm.core.server_tools",
    "_partition_tools": "llm.core.server_tools:partition_tools",
    "CancelToolCall": "llm.core.errors",
    "PauseChain": "llm.core.errors",
    "Prompt": "llm.engine.prompt",
    "Options": "llm.engine.base_options",
    "_BaseModel": "llm.engine.model",
    "_Model": "llm.engine.model",
    "_AsyncModel": "llm.engine.model",
    "Model": "llm.engine.model",
    "KeyModel": "llm.engine.model",
    "AsyncModel": "llm.engine.model",
    "AsyncKeyModel": "llm.engine.model",
    "AsyncEmbeddingModel": "llm.engine.async_embedding_model",
    "EmbeddingModel": "llm.engine.embedding_model",
    "ModelWithAliases": "llm.registry.models",
    "EmbeddingModelWithAliases": "llm.registry.embedding_models",
    "_BaseResponse": "llm.engine.turn",
    "Response": "llm.engine.responses",
    "AsyncResponse": "llm.engine.responses",
    "_BaseChainResponse": "llm.engine.chains",
    "ChainResponse": "llm.engine.chains",
    "AsyncChainResponse": "llm.engine.chains",
    "_BaseConversation": "llm.engine.conversations",
    "Conversation": "llm.engine.conversations",
    "AsyncConversation": "llm.engine.conversations",
    "ToolDef": "llm.engine.tool_types",
    "BeforeCallSync": "llm.engine.tool_types",
    "AfterCallSync": "llm.engine.tool_types",
    "BeforeCallAsync": "llm.engine.tool_types",
    "AfterCallAsync": "llm.engine.tool_types",
    "CONVERSATION_NAME_LENGTH": "llm.core.text",
    "_conversation_name": "llm.core.text:conversation_name",
    "_get_instance": "llm.core.toolbox:instance_of",
    # Homes are elsewhere, but programs have imported them from here.
    "ConversationNotSupported": "llm.core.errors",
    "NeedsKeyException": "llm.core.errors",
    "mimetype_from_path": "llm.core.media",
    "mimetype_from_string": "llm.core.media",
    "monotonic_ulid": "llm.core.ids",
    "token_usage_string": "llm.core.usage",
    "ResponseDict": "llm.core.wire",
}

if TYPE_CHECKING:
    from llm.core.attachments import Attachment as Attachment
    from llm.core.errors import CancelToolCall as CancelToolCall
    from llm.core.errors import ConversationNotSupported as ConversationNotSupported
    from llm.core.errors import NeedsKeyException as NeedsKeyException
    from llm.core.errors import PauseChain as PauseChain
    from llm.core.fragments import Fragment as Fragment
    from llm.core.ids import monotonic_ulid as monotonic_ulid
    from llm.core.media import mimetype_from_path as mimetype_from_path
    from llm.core.media import mimetype_from_string as mimetype_from_string
    from llm.core.server_tools import ServerSideTool as ServerSideTool
    from llm.core.server_tools import partition_tools as _partition_tools
    from llm.core.text import CONVERSATION_NAME_LENGTH as CONVERSATION_NAME_LENGTH
    from llm.core.text import conversation_name as _conversation_name
    from llm.core.toolbox import Toolbox as Toolbox
    from llm.core.toolbox import instance_of as _get_instance
    from llm.core.tools import Tool as Tool
    from llm.core.tools import ToolCall as ToolCall
    from llm.core.tools import ToolOutput as ToolOutput
    from llm.core.tools import ToolResult as ToolResult
    from llm.core.usage import Usage as Usage
    from llm.core.usage import token_usage_string as token_usage_string
    from llm.core.wire import ResponseDict as ResponseDict
    from llm.engine.async_embedding_model import AsyncEmbeddingModel as AsyncEmbeddingModel
    from llm.engine.base_options import Options as Options
    from llm.engine.chains import AsyncChainResponse as AsyncChainResponse
    from llm.engine.chains import ChainResponse as ChainResponse
    from llm.engine.chains import _BaseChainResponse as _BaseChainResponse
    from llm.engine.conversations import AsyncConversation as AsyncConversation
    from llm.engine.conversations import Conversation as Conversation
    from llm.engine.conversations import _BaseConversation as _BaseConversation
    from llm.engine.embedding_model import EmbeddingModel as EmbeddingModel
    from llm.engine.model import AsyncKeyModel as AsyncKeyModel
    from llm.engine.model import AsyncModel as AsyncModel
    from llm.engine.model import KeyModel as KeyModel
    from llm.engine.model import Model as Model
    from llm.engine.model import _AsyncModel as _AsyncModel
    from llm.engine.model import _BaseModel as _BaseModel
    from llm.engine.model import _Model as _Model
    from llm.engine.prompt import Prompt as Prompt
    from llm.engine.responses import AsyncResponse as AsyncResponse
    from llm.engine.responses import Response as Response
    from llm.engine.tool_types import AfterCallAsync as AfterCallAsync
    from llm.engine.tool_types import AfterCallSync as AfterCallSync
    from llm.engine.tool_types import BeforeCallAsync as BeforeCallAsync
    from llm.engine.tool_types import BeforeCallSync as BeforeCallSync
    from llm.engine.tool_types import ToolDef as ToolDef
    from llm.engine.turn import _BaseResponse as _BaseResponse
    from llm.registry.embedding_models import EmbeddingModelWithAliases as EmbeddingModelWithAliases
    from llm.registry.models import ModelWithAliases as ModelWithAliases
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
