"""Historical import path of the log store and its rows."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "HASH_PREFIX": "llm.core.canonical",
    "canonical_json": "llm.core.canonical",
    "content_hash": "llm.core.canonical",
    "message_hash": "llm.core.canonical",
    "ensure_attachment": "llm.store.attachments",
    "_payload_replacements": "llm.store.condense",
    "condense_payload": "llm.store.condense",
    "resolve_payload": "llm.store.condense",
    "legacy_log_row_extras": "llm.store.legacy_extras",
    "legacy_log_rows": "llm.store.listing",
    "log_rows": "llm.store.listing",
    "merged_log_rows": "llm.store.listing",
    "LogStore": "llm.store.logstore",
    "log_row_extras": "llm.store.row_extras",
    "TURN_SEARCH_INSERT_SQL": "llm.store.turns",
}

__all__ = [
    "HASH_PREFIX",
    "LogStore",
    "canonical_json",
    "content_hash",
    "message_hash",
]

if TYPE_CHECKING:
    from llm.core.canonical import HASH_PREFIX as HASH_PREFIX
    from llm.core.canonical import canonical_json as canonical_json
    from llm.core.canonical import content_hash as content_hash
    from llm.core.canonical import message_hash as message_hash
    from llm.store.attachments import ensure_attachment as ensure_attachment
    from llm.store.condense import _payload_replacements as _payload_replacements
    from llm.store.condense import condense_payload as condense_payload
    from llm.store.condense import resolve_payload as resolve_payload
    from llm.store.legacy_extras import legacy_log_row_extras as legacy_log_row_extras
    from llm.store.listing import legacy_log_rows as legacy_log_rows
    from llm.store.listing import log_rows as log_rows
    from llm.store.listing import merged_log_rows as merged_log_rows
    from llm.store.logstore import LogStore as LogStore
    from llm.store.row_extras import log_row_extras as log_row_extras
    from llm.store.turns import TURN_SEARCH_INSERT_SQL as TURN_SEARCH_INSERT_SQL
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
