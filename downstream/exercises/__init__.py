"""The exercises, one a plugin, by what the plugins add."""

from __future__ import annotations

from downstream.exercises.commands import COMMANDS
from downstream.exercises.embedding import EMBEDDING
from downstream.exercises.hosted import HOSTED
from downstream.exercises.loaders import LOADERS
from downstream.exercises.models import MODELS
from downstream.exercises.servers import SERVERS
from downstream.exercises.toolboxes import TOOLBOXES
from downstream.exercises.tools import TOOLS
from downstream.exercises.wrapping import WRAPPING

EXERCISES = (*MODELS, *HOSTED, *SERVERS, *EMBEDDING, *TOOLS, *TOOLBOXES, *LOADERS, *COMMANDS, *WRAPPING)
