"""The migrations of the embeddings database as a `sqlite_utils.migrations.Migrations`, which the public name is.

Importing this costs `sqlite_utils`; the program itself needs it only for files of early releases.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from llm.store.connection import writing
from llm.store.migrations.embedding_steps import MIGRATION_SET, STEPS
from llm.store.migrations.tables import foreign_keys_off


class EmbeddingsMigrations(Migrations):
    """A set of migrations that is applied under the write lock, all pending ones in one transaction.

    Programs that start together on one file wait for each other instead of making the same table twice.
    """

    def apply(self, db: Database, *, stop_before: str | Iterable[str] | None = None) -> None:
        """Apply what is pending, up to but not including the steps named by `stop_before`.

        Raises `ValueError` if one of those was applied before.
        """
        if stop_before is None and not self.pending(db):
            return
        with foreign_keys_off(db.conn), writing(db.conn):
            super().apply(db, stop_before=stop_before)


embeddings_migrations: EmbeddingsMigrations = EmbeddingsMigrations(MIGRATION_SET)
for _step in STEPS:
    embeddings_migrations()(_step)
