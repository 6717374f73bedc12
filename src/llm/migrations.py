"""Historical import path of the log database's migrations."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "MIGRATIONS": "llm.store.migrations.runner",
    "ensure_migrations_table": "llm.store.migrations.runner",
    "migrate": "llm.store.migrations.runner",
    "migration": "llm.store.migrations.runner",
}

if TYPE_CHECKING:
    from llm.store.migrations.runner import MIGRATIONS as MIGRATIONS
    from llm.store.migrations.runner import ensure_migrations_table as ensure_migrations_table
    from llm.store.migrations.runner import migrate as migrate
    from llm.store.migrations.runner import migration as migration
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
