"""Storing items in a collection: which of them a model has to embed, and what is written.

A model is paid for, so it sees only content that the collection does not hold yet. What is known may still get another
id, metadata, or the content itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from llm.core.vectors import decode, encode
from llm.store import embeddings
from llm.store.connection import HasConnection, writing
from llm.store.embeddings import CollectionRow, Item, ItemId

if TYPE_CHECKING:
    from llm.engine.embedding_model import EmbeddingModel


class Target(Protocol):
    """What is asked of a collection."""

    @property
    def row(self) -> CollectionRow:
        """The collection as it is stored."""
        ...

    @property
    def handle(self) -> HasConnection:
        """The database."""
        ...

    def model(self) -> EmbeddingModel:
        """The model that made the vectors of the collection."""
        ...

    def gone(self) -> Exception:
        """The error for when the collection was deleted."""
        ...


def vector_of(model: EmbeddingModel, value: str | bytes, *, key: str | None) -> list[float]:
    """Return what `model.embed` gives.

    Only a key that there is is passed on, since plugins override `embed` without that parameter.
    """
    return model.embed(value) if key is None else model.embed(value, key=key)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about a batch."""

    to_embed: list[Item]
    to_update: list[Item]


def text_id(item_id: Any) -> ItemId:
    """Return the form in which an id is stored, so that it can be compared: numbers are text."""
    if isinstance(item_id, str):
        return item_id
    if isinstance(item_id, (bool, int)):
        return str(int(item_id))
    return str(item_id) if isinstance(item_id, float) else item_id


def new_item(
    item_id: Any, value: str | bytes, content_hash: bytes, metadata: dict[str, Any] | None, *, store: bool
) -> Item:
    """Return an item; with `store`, its content is kept beside the vector."""
    # By position: with keywords a tuple takes twice as long to make.
    return Item(text_id(item_id), value, content_hash, json.dumps(metadata) if metadata else None, store)


def store_item(target: Target, item: Item, *, key: str | None) -> Sequence[float]:
    """Store one item and return its vector: the model's, or the stored one if the collection holds this content.

    Raises `ValueError` if the model does not take this kind of value or returns no vector.
    """
    conn, collection = target.handle.conn, target.row
    _check_is_there(target)
    known = embeddings.known_items(conn, collection.id, [item.id]).get(item.id)
    stored = embeddings.vector_of_content(conn, collection.id, item.content_hash)
    if stored is not None and known is not None and known.content_hash == item.content_hash:
        if _adds(item, known):
            write_batch(target, [], [item])
        return decode(stored)
    if stored is not None:
        write_batch(target, [(item, stored)], [])
        return decode(stored)
    vector = vector_of(target.model(), item.value, key=key)
    write_batch(target, [(item, encode(vector))], [])
    return vector


def store_batch(target: Target, items: Sequence[Item], *, key: str | None) -> None:
    """Store items in one transaction; those that are stored unchanged do not go to the model.

    Of several items with the same id the last one stays. Raises `ValueError` as `store_item`, and if the number of
    vectors is not that of the items.
    """
    plan = plan_batch(target, items)
    vectors = vectors_of(target.model(), plan.to_embed, key) if plan.to_embed else []
    write_batch(target, list(zip(plan.to_embed, vectors, strict=True)), plan.to_update)


def plan_batch(target: Target, items: Sequence[Item]) -> Plan:
    """Find out which of the items the model has to embed, and which are stored but bring something new."""
    _check_is_there(target)
    known = embeddings.known_items(target.handle.conn, target.row.id, [item.id for item in items])
    if not known:
        return Plan(list(items), [])
    fresh: set[ItemId] = set()
    plan = Plan([], [])
    for item in items:
        before = known.get(item.id)
        if before is None or before.content_hash != item.content_hash or item.id in fresh:
            fresh.add(item.id)
            plan.to_embed.append(item)
        elif _adds(item, before):
            plan.to_update.append(item)
    return plan


def vectors_of(model: EmbeddingModel, items: Sequence[Item], key: str | None) -> list[bytes]:
    """Have a model embed items. Raises `ValueError` if it returns more or fewer vectors."""
    vectors = [encode(vector) for vector in model.embed_multi([item.value for item in items], key=key)]
    if len(vectors) != len(items):
        raise ValueError(f"Embedding model '{model.model_id}' returned {len(vectors)} vectors for {len(items)} items")
    return vectors


def write_batch(target: Target, embedded: Sequence[tuple[Item, bytes]], updates: Sequence[Item]) -> None:
    """Write what a plan led to, in one transaction. Raises the target's error if the collection was deleted."""
    if not (embedded or updates):
        return
    conn, collection = target.handle.conn, target.row
    with writing(conn):
        _check_is_there(target)
        if embedded:
            embeddings.write_items(conn, collection.id, embedded)
        if updates:
            embeddings.update_items(conn, collection.id, updates)


def _check_is_there(target: Target) -> None:
    """Raise the target's error if the collection was deleted."""
    if not embeddings.collection_is_there(target.handle.conn, target.row):
        raise target.gone()


def discard_if_empty(target: Target) -> None:
    """Delete a collection without items, which would keep its model although nothing was embedded with it."""
    embeddings.delete_if_empty(target.handle.conn, target.row)


def _adds(item: Item, known: embeddings.KnownItem) -> bool:
    """Tell whether an item brings content or metadata that is not stored."""
    brings_metadata = item.metadata is not None and item.metadata != known.metadata
    return (item.is_kept and not known.has_content) or brings_metadata
