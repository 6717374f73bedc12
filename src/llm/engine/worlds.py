"""What exists in both worlds, blocking and async, as one type each: for code that treats them alike.

Only type checkers import this: it stands above the modules that it names.
"""

from __future__ import annotations

from typing import TypeAlias

from llm.engine.chains import AsyncChainResponse, ChainResponse
from llm.engine.conversations import AsyncConversation, Conversation
from llm.engine.model import _BaseModel
from llm.engine.responses import AsyncResponse, Response

AnyResponse: TypeAlias = Response | AsyncResponse
AnyChain: TypeAlias = ChainResponse | AsyncChainResponse
AnyConversation: TypeAlias = Conversation | AsyncConversation
AnyModel: TypeAlias = _BaseModel[AnyResponse, AnyConversation, AnyChain]

Answer: TypeAlias = AnyResponse | AnyChain  #: what a prompt is answered with: one response, or a chain of them
