"""`Collection`: items with their embedding vectors, in a database, to be searched by likeness.

The annotations are real, as `typing.get_type_hints` has to resolve those of a public dataclass.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from llm.core.vectors import decode
from llm.features import embedding_items
from llm.store import embeddings
from llm.store.connection import Handle, HasConnection, open_connection
from llm.store.database import as_database
from llm.store.migrations.embedding_steps import content_hash

if TYPE_CHECKING:
    from sqlite_utils import Database

    from llm.engine.embedding_model import EmbeddingModel


@dataclass
class Entry:
    """An item that was found, and how alike it is: `score` is the cosine similarity."""

    __module__ = "llm.embeddings"

    id: str
    score: float | None
    content: str | None = None
    metadata: dict[str, Any] | None = None


class Collection:
    """A named set of items whose vectors come from one embedding model.

    An existing collection is opened with the model it was made with. A new one needs `model` or `model_id` (an id or
    alias); with `create=False` it is not made. The database `db`, a `sqlite_utils.Database`, may hold other tables too;
    without it the collection is kept in memory.

    Raises `Collection.DoesNotExist`, `ValueError` if a new collection has no model, `UnknownModelError`.
    """

    __module__ = "llm.embeddings"

    class DoesNotExist(Exception):
        """There is no such collection, or no such item in it."""

        __module__ = "llm.embeddings"

    id: int
    model_id: str

    def __init__(
        self,
        name: str,
        db: "Database | HasConnection | None" = None,
        *,
        model: "EmbeddingModel | None" = None,
        model_id: str | None = None,
        create: bool = True,
    ) -> None:
        self.name = name
        self.handle: HasConnection = Handle(open_connection(":memory:")) if db is None else db
        self._model = model
        embeddings.migrate_if_writable(self.handle)
        self.row: embeddings.CollectionRow = embeddings.find_collection(self.handle.conn, name) or self._created(
            model_id, create=create
        )
        self.id, self.model_id = self.row.id, self.row.model
        if self._model is not None and self._model.model_id != self.model_id:
            warnings.warn(
                f"The vectors of collection '{name}' are from model '{self.model_id}'; "
                f"those of '{self._model.model_id}' cannot be compared with them",
                stacklevel=2,
            )

    @classmethod
    def exists(cls, db: "Database | HasConnection", name: str) -> bool:
        """Tell whether the database has a collection with this name. The database stays as it is."""
        return embeddings.find_collection(db.conn, name) is not None

    @property
    def db(self) -> "Database":
        """The database."""
        if isinstance(self.handle, Handle):
            self.handle = as_database(self.handle.conn)
        database: Database = self.handle  # type: ignore[assignment]  # what is no Handle came in as one
        return database

    def model(self) -> "EmbeddingModel":
        """Return the model of the collection. Raises `UnknownModelError` if it is not installed."""
        if self._model is None:
            from llm.registry.finding import find_embedding_model

            self._model = find_embedding_model(self.model_id)
        return self._model

    def count(self) -> int:
        """Return how many items there are."""
        return embeddings.count_items(self.handle.conn, self.id)

    def embed(
        self,
        id: str,  # noqa: A002 - the contract names the parameters
        value: str | bytes,
        metadata: dict[str, Any] | None = None,
        store: bool = False,
        *,
        key: str | None = None,
    ) -> None:
        """Embed a value and store its vector under `id`, with `store` the value too.

        The model is not called for content that the collection holds already. `metadata` is a JSON object.
        Raises `ValueError` for a kind of value the model does not take, and `NeedsKeyException`.
        """
        item = embedding_items.new_item(id, value, self.content_hash(value), metadata, store=store)
        embedding_items.store_item(self, item, key=key)

    def embed_multi(
        self,
        entries: Iterable[tuple[str, str | bytes]],
        store: bool = False,
        batch_size: int = 100,
        *,
        key: str | None = None,
    ) -> None:
        """Embed many entries `(id, value)`, as `embed_multi_with_metadata`."""
        self.embed_multi_with_metadata(
            ((item_id, value, None) for item_id, value in entries), store, batch_size, key=key
        )

    def embed_multi_with_metadata(
        self,
        entries: Iterable[tuple[str, str | bytes, dict[str, Any] | None]],
        store: bool = False,
        batch_size: int = 100,
        *,
        key: str | None = None,
    ) -> None:
        """Embed many entries `(id, value, metadata)`, which are consumed lazily, a batch at a time.

        A batch is as large as the model takes, and `batch_size` at most. Entries that are stored unchanged are skipped.
        Each batch is committed before the next one is embedded. Raises as `embed`.
        """
        items = self.items(entries, store=store)
        size = self.batch_size(batch_size)
        while batch := list(islice(items, size)):
            embedding_items.store_batch(self, batch, key=key)

    def items(
        self, entries: Iterable[tuple[str, str | bytes, dict[str, Any] | None]], *, store: bool
    ) -> Iterator[embeddings.Item]:
        """Yield entries in the form in which they are stored."""
        for item_id, value, metadata in entries:
            yield embedding_items.new_item(item_id, value, self.content_hash(value), metadata, store=store)

    def batch_size(self, most: int) -> int:
        """Return how many items are embedded at a time: `most` at most. Raises `ValueError` for less than one."""
        size = min(most, self.model().batch_size or most)
        if size < 1:
            raise ValueError(f"batch_size must be at least 1, not {size}")
        return size

    def similar(
        self, value: str | bytes, number: int = 10, prefix: str | None = None, *, key: str | None = None
    ) -> list[Entry]:
        """Return the `number` items most like a value, best first; those whose id starts with `prefix`, if given.

        Raises as `embed`.
        """
        return self.similar_by_vector(embedding_items.vector_of(self.model(), value, key=key), number, prefix=prefix)

    def similar_by_id(
        self,
        id: str,  # noqa: A002 - as above
        number: int = 10,
        prefix: str | None = None,
    ) -> list[Entry]:
        """Return the items most like the stored item `id`, without that one. Raises `Collection.DoesNotExist`."""
        stored_id = embedding_items.text_id(id)
        vector = embeddings.vector_of_id(self.handle.conn, self.id, stored_id)
        if vector is None:
            raise self.DoesNotExist(f"ID not found in collection: {id}")
        return self.similar_by_vector(decode(vector), number, stored_id, prefix)

    def similar_by_vector(
        self, vector: Sequence[float], number: int = 10, skip_id: embeddings.ItemId = None, prefix: str | None = None
    ) -> list[Entry]:
        """Return the items most like a vector, but not `skip_id`; all items for a negative `number`.

        Raises `ValueError` if the vector is not as long as those of the collection.
        """
        from llm.store.reading import decoded
        from llm.store.vectors import nearest

        found = nearest(
            self.handle.conn,
            self.id,
            vector,
            number=number,
            prefix=prefix,
            skip_id=embedding_items.text_id(skip_id),
        )
        return [Entry(one.id, one.score, one.content, decoded(one.metadata)) for one in found]

    def delete(self) -> None:
        """Delete the collection with all its items. Raises `Collection.DoesNotExist` if that has happened before."""
        if not embeddings.delete_collection(self.handle.conn, self.row):
            raise self.gone()

    @staticmethod
    def content_hash(input: str | bytes) -> bytes:  # noqa: A002 - as above
        """Return the 16 bytes by which known content is recognised. Subclasses may recognise it in another way."""
        return content_hash(input)

    def gone(self) -> Exception:
        """Return the error for when somebody deleted the collection."""
        return self.DoesNotExist(f"Collection '{self.name}' does not exist")

    def _created(self, model_id: str | None, *, create: bool) -> embeddings.CollectionRow:
        if not create:
            raise self.gone()
        if model_id is not None:
            from llm.registry.finding import find_embedding_model

            self._model = find_embedding_model(model_id)
        if self._model is None:
            raise ValueError(f"A model or model_id is needed to make the collection '{self.name}'")
        return embeddings.add_collection(self.handle.conn, self.name, self._model.model_id)
