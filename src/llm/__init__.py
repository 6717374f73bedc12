"""Talk to large language models from Python.

Every name is imported when it is first used, so that `import llm` costs next to nothing; the table says where it lives.
"""

from llm._lazy import attach

TYPE_CHECKING = False

_HOMES = {
    "Attachment": "llm.core.attachments",
    "CancelToolCall": "llm.core.errors",
    "ConversationNotSupported": "llm.core.errors",
    "ModelError": "llm.core.errors",
    "NeedsKeyException": "llm.core.errors",
    "PauseChain": "llm.core.errors",
    "UnknownModelError": "llm.core.errors",
    "Fragment": "llm.core.fragments",
    "Message": "llm.core.messages",
    "assistant": "llm.core.messages",
    "system": "llm.core.messages",
    "tool_message": "llm.core.messages",
    "user": "llm.core.messages",
    "schema_dsl": "llm.core.schemas",
    "ServerSideTool": "llm.core.server_tools",
    "Toolbox": "llm.core.toolbox",
    "Tool": "llm.core.tools",
    "ToolCall": "llm.core.tools",
    "ToolOutput": "llm.core.tools",
    "ToolResult": "llm.core.tools",
    "Usage": "llm.core.usage",
    "cosine_similarity": "llm.core.vectors",
    "decode": "llm.core.vectors",
    "encode": "llm.core.vectors",
    "Options": "llm.engine.base_options",
    "AsyncConversation": "llm.engine.conversations",
    "Conversation": "llm.engine.conversations",
    "AsyncEmbeddingModel": "llm.engine.async_embedding_model",
    "get_async_embedding_model": "llm.engine.async_embedding_model",
    "EmbeddingModel": "llm.engine.embedding_model",
    "AsyncKeyModel": "llm.engine.model",
    "AsyncModel": "llm.engine.model",
    "KeyModel": "llm.engine.model",
    "Model": "llm.engine.model",
    "Prompt": "llm.engine.prompt",
    "AsyncResponse": "llm.engine.responses",
    "Response": "llm.engine.responses",
    "Collection": "llm.features.collections",
    "Template": "llm.features.templates",
    "remove_alias": "llm.registry.aliases",
    "set_alias": "llm.registry.aliases",
    "DEFAULT_MODEL": "llm.registry.defaults",
    "get_default_embedding_model": "llm.registry.defaults",
    "get_default_model": "llm.registry.defaults",
    "set_default_embedding_model": "llm.registry.defaults",
    "set_default_model": "llm.registry.defaults",
    "EmbeddingModelWithAliases": "llm.registry.embedding_models",
    "get_embedding_model": "llm.registry.embedding_models",
    "get_embedding_model_aliases": "llm.registry.embedding_models",
    "get_embedding_models": "llm.registry.embedding_models",
    "get_embedding_models_with_aliases": "llm.registry.embedding_models",
    "hookimpl": "llm.registry.hookspecs",
    "get_key": "llm.registry.keys",
    "load_keys": "llm.registry.keys",
    "get_fragment_loaders": "llm.registry.loaders",
    "get_template_loaders": "llm.registry.loaders",
    "ModelWithAliases": "llm.registry.models",
    "get_async_model": "llm.registry.models",
    "get_async_model_aliases": "llm.registry.models",
    "get_async_models": "llm.registry.models",
    "get_model": "llm.registry.models",
    "get_model_aliases": "llm.registry.models",
    "get_models": "llm.registry.models",
    "get_models_with_aliases": "llm.registry.models",
    "user_dir": "llm.registry.paths",
    "get_plugins": "llm.registry.plugins",
    "load_plugins": "llm.registry.plugins",
    "pm": "llm.registry.plugin_manager",
    "get_tools": "llm.registry.tools",
}

__all__ = [
    "AsyncConversation",
    "AsyncKeyModel",
    "AsyncModel",
    "AsyncResponse",
    "Attachment",
    "CancelToolCall",
    "Collection",
    "Conversation",
    "ConversationNotSupported",
    "Fragment",
    "KeyModel",
    "Message",
    "Model",
    "ModelError",
    "NeedsKeyException",
    "Options",
    "PauseChain",
    "Prompt",
    "Response",
    "ServerSideTool",
    "Template",
    "Tool",
    "ToolCall",
    "ToolOutput",
    "ToolResult",
    "Toolbox",
    "Usage",
    "assistant",
    "get_async_model",
    "get_key",
    "get_model",
    "hookimpl",
    "schema_dsl",
    "system",
    "tool_message",
    "user",
    "user_dir",
]

_SUBMODULES = (
    "embeddings",
    "errors",
    "hookspecs",
    "migrations",
    "models",
    "parts",
    "plugins",
    "serialization",
    "templates",
    "utils",
)

if TYPE_CHECKING:
    from llm import embeddings as embeddings
    from llm import errors as errors
    from llm import hookspecs as hookspecs
    from llm import migrations as migrations
    from llm import models as models
    from llm import parts as parts
    from llm import plugins as plugins
    from llm import serialization as serialization
    from llm import templates as templates
    from llm import utils as utils
    from llm.core.attachments import Attachment as Attachment
    from llm.core.errors import CancelToolCall as CancelToolCall
    from llm.core.errors import ConversationNotSupported as ConversationNotSupported
    from llm.core.errors import ModelError as ModelError
    from llm.core.errors import NeedsKeyException as NeedsKeyException
    from llm.core.errors import PauseChain as PauseChain
    from llm.core.errors import UnknownModelError as UnknownModelError
    from llm.core.fragments import Fragment as Fragment
    from llm.core.messages import Message as Message
    from llm.core.messages import assistant as assistant
    from llm.core.messages import system as system
    from llm.core.messages import tool_message as tool_message
    from llm.core.messages import user as user
    from llm.core.schemas import schema_dsl as schema_dsl
    from llm.core.server_tools import ServerSideTool as ServerSideTool
    from llm.core.toolbox import Toolbox as Toolbox
    from llm.core.tools import Tool as Tool
    from llm.core.tools import ToolCall as ToolCall
    from llm.core.tools import ToolOutput as ToolOutput
    from llm.core.tools import ToolResult as ToolResult
    from llm.core.usage import Usage as Usage
    from llm.core.vectors import cosine_similarity as cosine_similarity
    from llm.core.vectors import decode as decode
    from llm.core.vectors import encode as encode
    from llm.engine.async_embedding_model import AsyncEmbeddingModel as AsyncEmbeddingModel
    from llm.engine.async_embedding_model import get_async_embedding_model as get_async_embedding_model
    from llm.engine.base_options import Options as Options
    from llm.engine.conversations import AsyncConversation as AsyncConversation
    from llm.engine.conversations import Conversation as Conversation
    from llm.engine.embedding_model import EmbeddingModel as EmbeddingModel
    from llm.engine.model import AsyncKeyModel as AsyncKeyModel
    from llm.engine.model import AsyncModel as AsyncModel
    from llm.engine.model import KeyModel as KeyModel
    from llm.engine.model import Model as Model
    from llm.engine.prompt import Prompt as Prompt
    from llm.engine.responses import AsyncResponse as AsyncResponse
    from llm.engine.responses import Response as Response
    from llm.features.collections import Collection as Collection
    from llm.features.templates import Template as Template
    from llm.registry.aliases import remove_alias as remove_alias
    from llm.registry.aliases import set_alias as set_alias
    from llm.registry.defaults import DEFAULT_MODEL as DEFAULT_MODEL
    from llm.registry.defaults import get_default_embedding_model as get_default_embedding_model
    from llm.registry.defaults import get_default_model as get_default_model
    from llm.registry.defaults import set_default_embedding_model as set_default_embedding_model
    from llm.registry.defaults import set_default_model as set_default_model
    from llm.registry.embedding_models import EmbeddingModelWithAliases as EmbeddingModelWithAliases
    from llm.registry.embedding_models import get_embedding_model as get_embedding_model
    from llm.registry.embedding_models import get_embedding_model_aliases as get_embedding_model_aliases
    from llm.registry.embedding_models import get_embedding_models as get_embedding_models
    from llm.registry.embedding_models import get_embedding_models_with_aliases as get_embedding_models_with_aliases
    from llm.registry.hookspecs import hookimpl as hookimpl
    from llm.registry.keys import get_key as get_key
    from llm.registry.keys import load_keys as load_keys
    from llm.registry.loaders import get_fragment_loaders as get_fragment_loaders
    from llm.registry.loaders import get_template_loaders as get_template_loaders
    from llm.registry.models import ModelWithAliases as ModelWithAliases
    from llm.registry.models import get_async_model as get_async_model
    from llm.registry.models import get_async_model_aliases as get_async_model_aliases
    from llm.registry.models import get_async_models as get_async_models
    from llm.registry.models import get_model as get_model
    from llm.registry.models import get_model_aliases as get_model_aliases
    from llm.registry.models import get_models as get_models
    from llm.registry.models import get_models_with_aliases as get_models_with_aliases
    from llm.registry.paths import user_dir as user_dir
    from llm.registry.plugin_manager import pm as pm
    from llm.registry.plugins import get_plugins as get_plugins
    from llm.registry.plugins import load_plugins as load_plugins
    from llm.registry.tools import get_tools as get_tools
else:
    __getattr__, __dir__ = attach(__name__, _HOMES, submodules=_SUBMODULES)
