from __future__ import annotations

import copy
import gc
from dataclasses import asdict, fields
from pathlib import Path

import httpx2
import pytest

from llm.core import attachments
from llm.core.attachments import Attachment, attachment_from_dict, attachment_to_dict
from llm.core.errors import ModelError
from tests.core.network import Network

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
URL = "https://example.com/a.png"


def redirecting(request: httpx2.Request) -> httpx2.Response:
    """Redirect `/N` to `/N-1`; `/0` is there."""
    left = int(request.url.path.strip("/"))
    if left:
        return httpx2.Response(302, headers={"location": f"https://example.com/{left - 1}"})
    return httpx2.Response(200, content=b"there", headers={"content-type": "image/png"})


def test_fields_in_order() -> None:
    """The fields, and so positional construction, come in the order type, path, url, content, _id."""
    assert [field.name for field in fields(Attachment)] == ["type", "path", "url", "content", "_id"]
    assert Attachment("a/b", "p", "u", b"c") == Attachment(type="a/b", path="p", url="u", content=b"c")


def test_value_semantics() -> None:
    """Attachments are mutable, not hashable, and at home in llm.models."""
    attachment = Attachment(url="a")
    attachment.url = "b"
    assert attachment == Attachment(url="b")
    assert Attachment.__module__ == "llm.models"
    with pytest.raises(TypeError):
        hash(attachment)


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        (Attachment(content=b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (Attachment(url=URL), "4509d135b8dccac5ed703ec3d14f36262fee03820b04a7864208e32be92ebbd4"),
        (
            Attachment(content=b"", type="a/b", url="u"),
            "8af404ed1378debfc92ed35d86a674190e2f326b0253677bdba4304275e57f8d",
        ),
        (Attachment(), "ff104a7641d61ffbc6fc574d962fffbe00e8ba4bb1ddfcc32dd8040e9add2c26"),
    ],
)
def test_id_vectors(attachment: Attachment, expected: str) -> None:
    """The id is the SHA-256 of the bytes, else of the default JSON of the URL; empty bytes count as none."""
    assert attachment.id() == expected


def test_id_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    """A file has the id of its content, however long it is."""
    content = b"x" * (3 << 20)
    (tmp_path / "f").write_bytes(content)
    assert Attachment(path=str(tmp_path / "f")).id() == Attachment(content=content).id()


def test_content_wins_over_path_and_path_over_url(tmp_path: Path) -> None:
    """Content comes before the file, the file before the URL."""
    (tmp_path / "f").write_bytes(b"abc")
    path = str(tmp_path / "f")
    assert Attachment(path="/nowhere", content=b"abc").id() == Attachment(path=path, url=URL).id()
    assert Attachment(path=path, url=URL).content_bytes() == b"abc"
    assert Attachment(path=path, content=b"own").content_bytes() == b"own"


def test_id_is_cached_in_id_field() -> None:
    """The id is computed once; a given `_id` is believed."""
    attachment = Attachment(content=b"abc")
    first = attachment.id()
    attachment.content = b"other"
    assert attachment.id() == first == attachment._id
    assert Attachment(content=b"abc", _id="given").id() == "given"


def test_computing_the_id_leaves_equality_alone() -> None:
    """The cached id takes no part in comparisons, nor does a caller's."""
    seen = Attachment(content=b"abc")
    repr(seen)
    assert seen == Attachment(content=b"abc", _id="something else")


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        (Attachment(_id="i"), "<Attachment: i>"),
        (Attachment(_id="i", type="a/b", content=b"ab"), '<Attachment: i type="a/b" content=2 bytes>'),
        (
            Attachment("a/b", "p", "u", b"abc", "i"),
            '<Attachment: i type="a/b" path="p" url="u" content=3 bytes>',
        ),
        (Attachment(type="a/b", path="/no/such/file"), '<Attachment: type="a/b" path="/no/such/file">'),
    ],
)
def test_repr(attachment: Attachment, expected: str) -> None:
    """The representation shows the parts that are set, without the id if there is none, and never raises."""
    assert repr(attachment) == expected


def test_given_type_is_believed(network: Network) -> None:
    """A type that was given is the answer, without a look at the content or the network."""
    assert Attachment(type="x/y", url=URL, content=PNG).resolve_type() == "x/y"
    assert network.requests == []


def test_type_is_sniffed(tmp_path: Path) -> None:
    """Without a type, the file is looked at, else the content; unknown and missing are None."""
    (tmp_path / "f").write_bytes(PNG)
    assert Attachment(path=str(tmp_path / "f")).resolve_type() == "image/png"
    assert Attachment(content=PNG).resolve_type() == "image/png"
    assert Attachment(content=b"plain words").resolve_type() is None
    assert Attachment(path=str(tmp_path / "gone"), content=PNG).resolve_type() is None


@pytest.mark.parametrize("attachment", [Attachment(), Attachment(content=b"")])
def test_type_of_nothing(attachment: Attachment) -> None:
    """An empty attachment has no type to resolve."""
    with pytest.raises(ValueError, match="no type"):
        attachment.resolve_type()


@pytest.mark.parametrize(
    ("header", "expected"),
    [("image/png", "image/png"), (" Image/PNG ; charset=binary", "image/png"), ("", None), (None, None)],
)
def test_type_of_a_url_is_asked_by_head(network: Network, header: str | None, expected: str | None) -> None:
    """The server's content-type is used in lower case and without parameters; none is None."""
    headers = {} if header is None else {"content-type": header}
    network.answer = lambda _: httpx2.Response(200, headers=headers)
    attachment = Attachment(url=URL)
    assert attachment.resolve_type() == expected
    assert attachment.resolve_type() == expected
    assert network.requests == [("HEAD", URL)]  # remembered, None too
    assert attachment.type is None


def test_download_is_remembered(network: Network) -> None:
    """A URL is fetched once an object, and the content stays the caller's None."""
    network.answer = lambda _: httpx2.Response(200, content=b"body")
    attachment = Attachment(url=URL)
    assert attachment.content_bytes() == attachment.content_bytes() == b"body"
    assert network.requests == [("GET", URL)]
    assert attachment.content is None
    assert attachment == Attachment(url=URL)
    assert asdict(attachment) == asdict(Attachment(url=URL))


def test_what_is_remembered_belongs_to_the_url(network: Network) -> None:
    """After a change of the URL the new one is fetched."""
    network.answer = lambda request: httpx2.Response(
        200, content=request.url.path.encode(), headers={"content-type": "x" + request.url.path}
    )
    attachment = Attachment(url="https://example.com/a")
    seen = [(attachment.resolve_type(), attachment.content_bytes())]
    attachment.url = "https://example.com/b"
    seen.append((attachment.resolve_type(), attachment.content_bytes()))
    assert seen == [("x/a", b"/a"), ("x/b", b"/b")]


def test_requests_are_intercepted_at_the_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both requests pass through the transport's method as it is at the call: mocks of test suites replace it there."""
    attachments_there = [Attachment(url=URL), Attachment(url=URL)]
    asked: list[str] = []

    def handle(transport: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        asked.append(request.method)
        return httpx2.Response(200, content=PNG, headers={"content-type": "image/png"})

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", handle)
    assert (attachments_there[0].resolve_type(), attachments_there[1].content_bytes()) == ("image/png", PNG)
    assert asked == ["HEAD", "GET"]


def test_three_redirects_are_followed(network: Network) -> None:
    """Three redirects are followed, for the type and for the content."""
    network.answer = redirecting
    attachment = Attachment(url="https://example.com/3")
    assert attachment.resolve_type() == "image/png"
    assert attachment.content_bytes() == b"there"


def test_the_fourth_redirect_raises(network: Network) -> None:
    """The fourth redirect response raises, after four requests."""
    network.answer = redirecting
    attachment = Attachment(url="https://example.com/4")
    for method, call in (("HEAD", attachment.resolve_type), ("GET", attachment.content_bytes)):
        network.requests.clear()
        with pytest.raises(httpx2.TooManyRedirects):
            call()
        assert [sent for sent, _ in network.requests] == [method] * 4


@pytest.mark.parametrize("status", [404, 500])
def test_error_status_raises(network: Network, status: int) -> None:
    """Answers of 4xx and 5xx raise, and are not remembered."""
    network.answer = lambda _: httpx2.Response(status)
    attachment = Attachment(url=URL)
    for call in (attachment.resolve_type, attachment.content_bytes):
        with pytest.raises(httpx2.HTTPStatusError):
            call()
    network.answer = lambda _: httpx2.Response(200, content=b"late", headers={"content-type": "a/b"})
    assert (attachment.resolve_type(), attachment.content_bytes()) == ("a/b", b"late")


def test_requests_have_a_timeout(network: Network) -> None:
    """No request waits for ever."""
    timeouts: list[dict[str, float | None]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        timeouts.append(request.extensions["timeout"])
        return httpx2.Response(200)

    network.answer = answer
    Attachment(url=URL).resolve_type()
    Attachment(url=URL).content_bytes()
    assert [timeout for sent in timeouts for timeout in sent.values() if timeout is None] == []
    assert len(timeouts) == 2


def test_downloads_are_bounded(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download over the limit is a ModelError that names the URL; one of exactly the limit passes."""
    monkeypatch.setattr(attachments, "MAX_DOWNLOAD", 1 << 20)
    network.answer = lambda _: httpx2.Response(200, content=bytes(1 << 20))
    assert len(Attachment(url=URL).content_bytes() or b"") == 1 << 20
    network.answer = lambda _: httpx2.Response(200, content=bytes((1 << 20) + 1))
    with pytest.raises(ModelError, match=f"{URL} is larger than 1 MB"):
        Attachment(url=URL).content_bytes()


def test_content_of_nothing() -> None:
    """An empty attachment has no bytes; empty bytes are bytes."""
    assert Attachment().content_bytes() is None
    assert Attachment(content=b"").content_bytes() == b""


def test_files_are_closed(tmp_path: Path) -> None:
    """Files are closed at once: pytest turns a ResourceWarning into an error."""
    (tmp_path / "f").write_bytes(PNG)
    attachment = Attachment(path=str(tmp_path / "f"))
    attachment.id(), attachment.resolve_type(), attachment.content_bytes()
    gc.collect()


def test_base64_content() -> None:
    """Base64 is the standard alphabet, on one line."""
    assert Attachment(content=b"\xfb\xff").base64_content() == "+/8="
    assert "\n" not in Attachment(content=bytes(1000)).base64_content()
    with pytest.raises(ValueError, match="no content"):
        Attachment().base64_content()


def test_base64_asks_content_bytes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """base64_content goes through the method content_bytes of the class, once a call."""
    calls: list[Attachment] = []

    def replaced(self: Attachment) -> bytes:
        calls.append(self)
        return b"abc"

    monkeypatch.setattr(Attachment, "content_bytes", replaced)
    attachment = Attachment(url=URL)
    assert attachment.base64_content() == "YWJj"
    assert calls == [attachment]


def test_from_row() -> None:
    """A row of the attachments table becomes an attachment with its id."""
    row = {"id": "i", "type": "a/b", "path": "p", "url": "u", "content": b"c"}
    attachment = Attachment.from_row(row)
    assert attachment == Attachment("a/b", "p", "u", b"c")
    assert attachment.id() == "i"


def test_dict_form_has_what_is_set(tmp_path: Path) -> None:
    """Only what is set is written, in the order type, url, path, content; paths become text."""
    everything = attachment_to_dict(Attachment("a/b", "p", "u", b"\xfb"))
    assert list(everything.items()) == [("type", "a/b"), ("url", "u"), ("path", "p"), ("content", "+w==")]
    assert attachment_to_dict(Attachment(type="", content=b"")) == {}
    assert attachment_to_dict(Attachment(path=tmp_path)) == {"path": str(tmp_path)}  # type: ignore[arg-type]


def test_dict_form_reads_back() -> None:
    """Files and URLs stay references, bytes are decoded."""
    for attachment in (Attachment(), Attachment("a/b", "p", "u", bytes(range(256)))):
        assert attachment_from_dict(attachment_to_dict(attachment)) == attachment


def test_copies_are_equal() -> None:
    """Copies are attachments of their own."""
    attachment = Attachment(content=b"abc")
    twin = copy.deepcopy(attachment)
    twin.content = b"x"
    assert attachment.content == b"abc"
