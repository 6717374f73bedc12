from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings

from llm.core.attachments import Attachment
from llm.core.canonical import HASH_PREFIX, canonical_json, content_hash, message_hash
from llm.core.messages import Message, assistant, system, tool_message, user
from llm.core.parts import AttachmentPart, ReasoningPart, ToolCallPart, ToolResultPart
from tests.core.network import Network
from tests.core.strategies import messages, objects

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
BETA = "b2:a856a470293316850c1c58e0772a43ff"
PICTURE = Attachment(type="image/png", content=b"abc")


@pytest.mark.parametrize(
    ("message", "parent", "expected"),
    [
        (user("alpha"), None, "b2:66f81a3bce793739f8206d3a7234e195"),
        (assistant("beta"), "b2:66f81a3bce793739f8206d3a7234e195", BETA),
        (system("gamma"), None, "b2:97d4ad1c4292bcf2d8a264ab27d1c47c"),
        (user(PICTURE), None, "b2:231b67ed0ff445a00baa47b13cc6b591"),
        (
            user(Attachment(type="image/png", url="https://example.org/p.png")),
            None,
            "b2:0f2900520c9ea9fbe43ca5038f9ef96b",
        ),
        (user(AttachmentPart()), None, "b2:e57cc6a1eb5b9fbfe9b9aaa7f285497b"),
        (assistant(), None, "b2:fdb0d606eb52a1b61d0c2664cf41ed90"),
        (
            tool_message(ToolResultPart("t", "out", "c1", attachments=[PICTURE], exception="ValueError: x")),
            BETA,
            "b2:f3f85c4fc87e1d5943088fff3248d446",
        ),
        (
            assistant(
                ReasoningPart("hm", redacted=True, provider_metadata={"b": 1, "a": "é"}),
                ToolCallPart("t", {"z": 1, "a": [1.5, None, True]}, "c1"),
                provider_metadata={"x": {"id": "r"}},
            ),
            None,
            "b2:760054140ef9213d8c1280bb3afdfa75",
        ),
    ],
)
def test_vectors(message: Message, parent: str | None, expected: str) -> None:
    """These messages have these hashes, in every program that shares a log database."""
    assert message_hash(message, parent) == expected


def test_canonical_json() -> None:
    """Canonical JSON sorts keys, has no spaces and leaves non-ASCII characters alone."""
    assert canonical_json({"b": [1, 2.0, None], "a": {"é": "ü"}}) == '{"a":{"é":"ü"},"b":[1,2.0,null]}'


def test_content_hash_form() -> None:
    """A hash is `b2:` and 32 hex digits."""
    assert HASH_PREFIX == "b2:"
    assert content_hash({}).startswith("b2:")
    assert int(content_hash({})[3:], 16) >= 0
    assert len(content_hash({})) == 35


@given(objects)
@settings(derandomize=True, max_examples=50)
def test_key_order_does_not_matter(found: dict[str, Any]) -> None:
    """Dictionaries that differ in the order of keys have one hash."""
    assert content_hash(dict(reversed(found.items()))) == content_hash(found)


def test_number_types_matter() -> None:
    """1 and 1.0 are different contents."""
    assert content_hash(1) != content_hash(1.0)


@pytest.mark.parametrize("value", [b"bytes", object(), {1, 2}, "\ud800"])
def test_what_json_cannot_express_fails(value: object) -> None:
    """Values without a JSON form cannot be hashed."""
    with pytest.raises((TypeError, ValueError)):
        message_hash(user(ToolCallPart("t", {"x": value})), None)


@given(messages)
@settings(derandomize=True, max_examples=50)
def test_what_is_hashed_is_the_dict_form(message: Message) -> None:
    """Without attachments, the hash is that of the parent and the message's JSON form."""
    message.parts = [part for part in message.parts if "attachment" not in canonical_json(part.to_dict())]
    expected = content_hash({"parent": "p", "message": json.loads(json.dumps(message.to_dict()))})
    assert message_hash(message, "p") == expected


def test_the_parent_takes_part() -> None:
    """Equal messages with different pasts are different messages."""
    assert message_hash(user("a"), None) != message_hash(user("a"), BETA)


def test_metadata_stays_with_its_attachment() -> None:
    """The provider's metadata of an attachment part, and all fields of a tool result, are part of the identity."""
    plain = message_hash(user(AttachmentPart(PICTURE)), None)
    assert message_hash(user(AttachmentPart(PICTURE, {"a": 1})), None) != plain
    result = message_hash(user(ToolResultPart("t", "o", attachments=[PICTURE])), None)
    assert message_hash(user(ToolResultPart("t", "p", attachments=[PICTURE])), None) != result


def test_attachments_are_known_by_content(tmp_path: Path) -> None:
    """A file and the same bytes are one message; the cached id is never believed, and is not set."""
    (tmp_path / "f").write_bytes(b"abc")
    expected = message_hash(user(PICTURE), None)
    by_path = Attachment(type="image/png", path=str(tmp_path / "f"), _id="stale")
    assert message_hash(user(by_path), None) == expected
    assert by_path._id == "stale"
    (tmp_path / "f").write_bytes(b"changed")
    assert message_hash(user(by_path), None) != expected


def test_the_type_is_resolved() -> None:
    """An attachment without a type has the one that its content shows."""
    assert message_hash(user(Attachment(content=PNG)), None) == message_hash(
        user(Attachment(type="image/png", content=PNG)), None
    )


@pytest.mark.parametrize("given_type", [None, "image/png"])
def test_a_missing_file_has_an_identity(tmp_path: Path, given_type: str | None) -> None:
    """A file that cannot be read is hashed as `missing:PATH` with the type that was given."""
    path = str(tmp_path / "gone")
    part = {"type": "attachment", "attachment": {"id": f"missing:{path}", "type": given_type}}
    expected = content_hash({"parent": None, "message": {"role": "user", "parts": [part]}})
    assert message_hash(user(Attachment(type=given_type, path=path)), None) == expected


def test_a_server_that_fails_does_not_prevent_hashing(network: Network) -> None:
    """A URL whose type cannot be asked for is hashed without one."""
    network.answer = lambda _: httpx2.Response(503)
    attachment = Attachment(url="https://example.org/p.png")
    part = {"type": "attachment", "attachment": {"id": attachment.id(), "type": None}}
    expected = content_hash({"parent": None, "message": {"role": "user", "parts": [part]}})
    assert message_hash(user(attachment), None) == expected
