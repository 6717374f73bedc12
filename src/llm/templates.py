"""Historical import path of prompt templates."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "AttachmentType": "llm.features.templates",
    "Template": "llm.features.templates",
}

if TYPE_CHECKING:
    from llm.features.templates import AttachmentType as AttachmentType
    from llm.features.templates import Template as Template
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
