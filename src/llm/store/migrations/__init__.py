"""Bringing a log database up to date, whatever state it was left in."""

from llm.store.migrations.runner import MIGRATIONS, ensure_migrations_table, is_current, migrate, migration

__all__ = ["MIGRATIONS", "ensure_migrations_table", "is_current", "migrate", "migration"]
