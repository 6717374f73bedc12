"""`llm.Options`, the base of every model's options.

Alone in its module because Pydantic takes longer to import than most commands take to run: `engine.options` works
with options classes without importing it.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Options a model accepts. Models declare an inner class `Options(llm.Options)`; unknown names are refused."""

    __module__ = "llm.models"

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
