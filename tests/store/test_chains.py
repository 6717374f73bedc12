"""Chains of messages, stored by content."""

from __future__ import annotations

import gc
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from llm.core.attachments import Attachment
from llm.core.canonical import message_hash
from llm.core.history import History, extend, messages_of
from llm.core.messages import Message, assistant, system, tool_message, user
from llm.core.parts import AttachmentPart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.store import chain_reading, chains
from llm.store.chain_reading import load_chain, load_history
from llm.store.chains import store_history
from llm.store.content import write_part
from llm.store.database import Handle, open_connection, open_log_database, writing
from llm.store.logstore import LogStore
from tests.core.strategies import messages
from tests.store.samples import chain, column, counts, rows

PNG = Attachment(type="image/png", content=b"abc")
PNG_ENTRY = '{"id": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}'
EVERYTHING = [
    system("rules"),
    user("look", PNG, AttachmentPart(), Attachment(type="image/png", url="https://example.org/p.png"), PNG),
    assistant(
        ReasoningPart("hm", redacted=True, provider_metadata={"b": 1, "a": "é"}),
        ReasoningPart(redacted=True),
        TextPart(""),
        ToolCallPart("t", {"z": 1, "a": [1.5, None, True]}, "c1"),
        ToolCallPart("web", {}, "s1", server_executed=True, provider_metadata={"x": {"id": "r"}}),
        ToolResultPart("web", "found", "s1", server_executed=True),
        provider_metadata={"x": {"id": "r"}},
    ),
    tool_message(ToolResultPart("t", "out", "c1", attachments=[PNG, PNG], exception="ValueError: x")),
    assistant(),
]


def test_the_hashes(store: LogStore) -> None:
    """Messages are stored under the hash of their content and of their parent's hash."""
    assert store.ensure_chain([user("alpha")]) == "b2:66f81a3bce793739f8206d3a7234e195"
    assert store.ensure_chain([user("alpha"), assistant("beta")]) == "b2:a856a470293316850c1c58e0772a43ff"
    assert store.ensure_chain([assistant("beta")], "b2:66f81a3bce793739f8206d3a7234e195") == (
        "b2:a856a470293316850c1c58e0772a43ff"
    )


def test_an_empty_list(store: LogStore) -> None:
    """Without messages the tip is the parent, or None."""
    assert store.ensure_chain([]) is None
    assert store.ensure_chain([], "b2:parent") == "b2:parent"
    assert store.load_chain(None) == []


def test_everything_comes_back_as_it_was(store: LogStore) -> None:
    """Every kind of part and all of its fields are restored, in the order of keys, repetitions included."""
    loaded = store.load_chain(store.ensure_chain(EVERYTHING))
    assert loaded == EVERYTHING
    call = loaded[2].parts[3]
    assert isinstance(call, ToolCallPart)
    assert list(call.arguments) == ["z", "a"]


def test_attachments_come_back_with_their_id(store: LogStore) -> None:
    """The stored id needs no computing."""
    part = store.load_chain(store.ensure_chain(EVERYTHING))[1].parts[1]
    assert isinstance(part, AttachmentPart)
    assert part.attachment is not None
    assert part.attachment._id == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.lists(messages, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_chain_comes_back(chain_of: list[Message]) -> None:
    """Whatever a chain is made of, what is read has the hash under which it was stored, and verifies."""
    assume("\0" not in repr(chain_of))  # no path may hold it
    with closing(open_log_database(":memory:")) as conn:
        store = LogStore(Handle(conn))
        tip = store.ensure_chain(chain_of)
        node = load_history(conn, tip)
        while node is not None:
            before = node.parent.stored_hash if node.parent else None
            assert node.stored_hash == message_hash(node.message, before)
            node = node.parent
        assert store.verify() == []


def test_an_unknown_hash(store: LogStore) -> None:
    """It is a KeyError."""
    with pytest.raises(KeyError):
        store.load_chain("b2:nonsense")


def test_what_is_stored_is_shared(store: LogStore, conn: sqlite3.Connection) -> None:
    """The same chain adds nothing, a longer one its tail, and chains that part share their beginning."""
    store.ensure_chain([user("a"), assistant("b")])
    before = rows(conn, "messages"), rows(conn, "parts")
    store.ensure_chain([user("a"), assistant("b")])
    assert (rows(conn, "messages"), rows(conn, "parts")) == before
    store.ensure_chain([user("a"), assistant("b"), user("c")])
    store.ensure_chain([user("a"), assistant("d")])
    assert [row["role"] for row in rows(conn, "messages")] == ["user", "assistant", "user", "assistant"]


def test_the_same_content_after_another_parent_is_another_message(store: LogStore) -> None:
    """The parent takes part in the hash."""
    assert store.ensure_chain([user("a"), user("c")]) != store.ensure_chain([user("b"), user("c")])


def test_the_first_writer_decides_on_the_form(store: LogStore) -> None:
    """Equal arguments in another order are the same message, which keeps the order it was first stored in."""
    first = store.ensure_chain([assistant(ToolCallPart("t", {"a": 1, "b": 2}))])
    assert store.ensure_chain([assistant(ToolCallPart("t", {"b": 2, "a": 1}))]) == first
    part = store.load_chain(first)[0].parts[0]
    assert isinstance(part, ToolCallPart)
    assert list(part.arguments) == ["a", "b"]


def test_the_rows_of_parts(store: LogStore, conn: sqlite3.Connection) -> None:
    """`type` and `tool_name` are columns, text stands as it is (empty text as empty text), the rest is JSON."""
    store.ensure_chain(EVERYTHING[2:4])
    names = ("position", "type", "tool_name", "text")
    assert [tuple(row[name] for name in names) for row in rows(conn, "parts")] == [
        (0, "reasoning", None, "hm"),
        (1, "reasoning", None, ""),
        (2, "text", None, ""),
        (3, "tool_call", "t", None),
        (4, "tool_call", "web", None),
        (5, "tool_result", "web", None),
        (0, "tool_result", "t", None),
    ]
    assert [row["provider_metadata"] for row in rows(conn, "messages")] == ['{"x": {"id": "r"}}', None]


@pytest.mark.parametrize(
    ("part", "payload"),
    [
        (TextPart("t"), None),
        (ReasoningPart(redacted=True, provider_metadata={"b": 1, "a": "é"}),
         r'{"redacted": true, "provider_metadata": {"b": 1, "a": "\u00e9"}}'),
        (ToolCallPart("t", {"z": 1, "a": [None]}), '{"name": "t", "arguments": {"z": 1, "a": [null]}}'),
        (ToolCallPart("t", {}, "s", server_executed=True),
         '{"name": "t", "arguments": {}, "tool_call_id": "s", "server_executed": true}'),
        (ToolResultPart("t", "o", "c", exception="E: x", attachments=[PNG], provider_metadata={}),
         f'{{"name": "t", "output": "o", "tool_call_id": "c", "exception": "E: x", "attachments": [{PNG_ENTRY}]}}'),
        (ToolResultPart("t", "o", attachments=[PNG], provider_metadata={"p": 1}),
         f'{{"name": "t", "output": "o", "attachments": [{PNG_ENTRY}], "provider_metadata": {{"p": 1}}}}'),
        (AttachmentPart(PNG), f'{{"attachment": {PNG_ENTRY}}}'),
        (AttachmentPart(), None),
    ],
)  # fmt: skip
def test_the_payload_of_a_part(store: LogStore, conn: sqlite3.Connection, part: Part, payload: str | None) -> None:
    """What is not in a column of its own stands there in the order of the part's JSON form; bytes do not."""
    store.ensure_chain([user(part)])
    assert column(conn, "SELECT payload FROM parts") == [payload]


def test_the_rows_of_attachments(store: LogStore, conn: sqlite3.Connection) -> None:
    """There is one row for each occurrence, in order, and one attachment."""
    store.ensure_chain(EVERYTHING[3:4])
    assert [(row["attachment_id"][:4], row["order"]) for row in rows(conn, "part_attachments")] == [
        ("ba78", 0), ("ba78", 1),
    ]  # fmt: skip
    assert column(conn, "SELECT content FROM attachments") == [b"abc"]


def test_a_message_appears_with_its_parts_or_not_at_all(store: LogStore, conn: sqlite3.Connection) -> None:
    """If a part cannot be written the error goes on unchanged, nothing of the message is left, and a retry works."""
    error = RuntimeError("no")

    class Broken(LogStore):
        def _write_part(self, message_hash: str, position: int, part: Part, fragment_map: object) -> None:
            if position == 1:
                raise error

    with pytest.raises(RuntimeError) as raised:
        Broken(Handle(conn)).ensure_chain([user("a", "b")])
    assert (raised.value, counts(conn)) == (error, {})
    assert len(store.load_chain(store.ensure_chain([user("a", "b")]))[0].parts) == 2


def test_losing_a_race(store: LogStore, conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the look-up says that a message is missing and it is not, no second set of parts is written."""
    tip = store.ensure_chain([user("a", "b")])
    monkeypatch.setattr(chains, "_stored_prefix", lambda conn, links: 0)
    assert store.ensure_chain([user("a", "b")]) == tip
    assert counts(conn) == {"messages": 1, "parts": 2}


@pytest.mark.parametrize("length", [1, 1200])
def test_long_chains(store: LogStore, length: int) -> None:
    """Chains of any length are stored and loaded, in order."""
    long = [user(str(number)) for number in range(length)]
    assert store.load_chain(store.ensure_chain(long)) == long


def test_few_statements_for_many_messages(store: LogStore, conn: sqlite3.Connection) -> None:
    """Loading a chain takes a fixed number of statements, and so does finding that all of it is stored."""
    tip = store.ensure_chain([user(str(number)) for number in range(300)])
    seen: list[str] = []
    conn.set_trace_callback(seen.append)
    assert len(store.load_chain(tip)) == 300
    store.ensure_chain([user(str(number)) for number in range(300)])
    conn.set_trace_callback(None)
    assert len(seen) < 10


def test_a_chain_that_runs_in_a_circle(store: LogStore, conn: sqlite3.Connection) -> None:
    """A damaged database does not hang its reader."""
    conn.execute("INSERT INTO messages VALUES ('a', 'b', 'user', NULL), ('b', 'a', 'user', NULL)")
    assert len(store.load_chain("a")) == 2


def test_messages_among_others(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two conversations whose messages lie between each other's are read whole, however many are in between."""
    one, other = [user("one"), assistant(ToolCallPart("t", {"a": 1}))], [user("other"), assistant("b", "c")]
    tips: list[str | None] = [None, None]
    for _ in range(20):
        tips = [store.ensure_chain(messages, tip) for messages, tip in zip((one, other), tips, strict=True)]
    for patience in (0, 1, 7, 1000):
        monkeypatch.setattr(chain_reading, "_PATIENCE", patience)
        assert [store.load_chain(tip) for tip in tips] == [one * 20, other * 20]


def test_messages_stored_in_another_order(store: LogStore, conn: sqlite3.Connection) -> None:
    """In which order the rows of a chain lie in the table does not matter."""
    long = [user(str(number)) for number in range(30)]
    tip = store.ensure_chain(long)
    conn.execute("UPDATE messages SET rowid = rowid * 7 % 31 + 1000")
    assert store.load_chain(tip) == long


def test_a_chain_without_its_beginning(store: LogStore, conn: sqlite3.Connection) -> None:
    """Where a message is missing from the database, what comes after it is read."""
    tip = store.ensure_chain([user("a"), assistant("b"), user("c")])
    conn.execute("DELETE FROM messages WHERE parent_hash IS NULL")
    assert store.load_chain(tip) == [assistant("b"), user("c")]


def test_collecting_garbage_goes_on(store: LogStore) -> None:
    """Python's collector pauses while a chain is read, and only where it was at work: it is as before afterwards."""
    tip = store.ensure_chain([user("a")])
    store.load_chain(tip)
    assert gc.isenabled()
    gc.disable()
    try:
        store.load_chain(tip)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_roles_of_plain_tuples(conn: sqlite3.Connection) -> None:
    """A row factory of the caller does not matter."""
    conn.row_factory = sqlite3.Row
    store = LogStore(Handle(conn))
    assert store.load_chain(store.ensure_chain(EVERYTHING)) == EVERYTHING


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("hologram", '{"depth": 3}', TextPart("[hologram]")),
        (None, None, TextPart("[None]")),
        ("text", "no JSON {", TextPart("")),
        ("text", '{"text_ref": 7}', TextPart("")),
        ("text", '{"text_ref": [{"fragment": [1]}, {"literal": "x"}, 5]}', TextPart("x")),
        ("attachment", '{"attachment": {"id": [1]}}', AttachmentPart(Attachment())),
        ("attachment", '{"attachment": 5}', AttachmentPart()),
        ("tool_result", '{"attachments": 5}', ToolResultPart("t")),
        ("tool_call", "[]", ToolCallPart("t")),
    ],
)
def test_what_cannot_be_read(
    store: LogStore, conn: sqlite3.Connection, kind: str | None, payload: str | None, expected: Part
) -> None:
    """A damaged part, or one of a kind that a later version knows, is a placeholder; the others are read."""
    tip = store.ensure_chain([user("a", "b")])
    conn.execute(
        "UPDATE parts SET type = ?, payload = ?, text = NULL, tool_name = 't' WHERE position = 0", (kind, payload)
    )
    assert store.load_chain(tip) == [user(expected, "b")]


# Histories, whose nodes remember under which hash their message is stored


def write(conn: sqlite3.Connection, history: History | None) -> str | None:
    """Store a history as a turn does, and remember the hashes."""
    with writing(conn):
        tip, hashes = store_history(conn, history, {}, lambda *part: write_part(conn, *part))
    for node, found in hashes:
        node.stored_hash = found
    return tip


def test_a_history_is_hashed_once(conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a history that goes on from a stored one, only the new messages are hashed."""
    history = chain(user("a"), assistant("b"))
    write(conn, history)
    hashed: list[Message] = []

    def noting(message: Message, parent: str | None) -> str:
        hashed.append(message)
        return message_hash(message, parent)

    monkeypatch.setattr(chains, "message_hash", noting)
    write(conn, extend(history, [user("c")]))
    assert hashed == [user("c")]


def test_a_loaded_history(store: LogStore, conn: sqlite3.Connection) -> None:
    """`load_history` gives the chain with the hash on every node, None for None, and KeyError for an unknown hash."""
    tip = store.ensure_chain([user("a"), assistant("b")])
    history = load_history(conn, tip)
    assert history is not None
    assert messages_of(history) == [user("a"), assistant("b")]
    assert history.stored_hash == tip
    assert history.parent is not None
    assert history.parent.stored_hash == "b2:" + column(conn, "SELECT hash FROM messages")[0][3:]
    assert load_history(conn, None) is None
    with pytest.raises(KeyError):
        load_history(conn, "b2:nonsense")


def test_a_hash_from_another_database_is_not_trusted(conn: sqlite3.Connection, tmp_path: Path) -> None:
    """A history that was stored elsewhere is stored here from its beginning, with the hashes of its content."""
    with closing(open_log_database(tmp_path / "other.db")) as other:
        history = extend(None, [user("a"), assistant("b")])
        tip = write(other, history)
    assert history is not None
    history.stored_hash = "b2:of another world"
    assert write(conn, extend(history, [user("c")])) is not None
    assert column(conn, "SELECT parent_hash FROM messages ORDER BY rowid")[2] == tip


def test_a_changed_file_does_not_re_root_the_conversation(conn: sqlite3.Connection, tmp_path: Path) -> None:
    """Only new messages are stored when a file that an earlier message refers to has changed or is gone."""
    path = tmp_path / "f.txt"
    path.write_text("before")
    history = chain(user("see", Attachment(type="text/plain", path=str(path))))
    write(conn, history)
    path.unlink()
    write(conn, extend(history, [assistant("b")]))
    assert counts(conn)["messages"] == 2


def test_read_by_a_read_only_connection(store: LogStore, log_path: Path) -> None:
    """A chain can be loaded where nothing can be written."""
    tip = store.ensure_chain(EVERYTHING)
    with closing(open_connection(log_path, read_only=True)) as reader:
        assert load_chain(reader, tip) == EVERYTHING
