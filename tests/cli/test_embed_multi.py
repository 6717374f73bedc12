"""`llm embed-multi`: what is embedded under which id, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from click.testing import CliRunner, Result

from llm.cli.commands.embed_multi import embed_multi
from tests.embedding_models import Broken, Keyed, Lengths
from tests.registry.stand_ins import embedding_plugin, only_these_plugins


@pytest.fixture(autouse=True)
def model() -> Iterator[Lengths]:
    one = Lengths()
    with only_these_plugins() as register:
        text_only = Lengths("text-only", supports_binary=False)
        broken = Broken("broken", batch_size=2)
        register(embedding_plugin("p", (one, ["len"]), (Keyed("keyed"),), (broken,), (text_only,)))
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three files, one of them not UTF-8 and one in a folder below."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.txt").write_bytes("fünf\r\nab".encode())
    (tmp_path / "a.txt").write_bytes("fünf".encode("latin-1"))
    (tmp_path / "sub" / "c.md").write_text("deep")
    return tmp_path


def run(*arguments: str, piped: str | bytes | None = None, model: str | None = "len", **environment: str) -> Result:
    chosen = ["-m", model] if model else []
    return CliRunner().invoke(embed_multi, [*arguments, *chosen], input=piped, env=environment)


def query(user_path: Path, sql: str) -> list[tuple[Any, ...]]:
    db = sqlite_utils.Database(user_path / "embeddings.db")
    found: list[tuple[Any, ...]] = db.execute(sql).fetchall()
    db.close()
    return found


def stored(user_path: Path) -> list[tuple[Any, ...]]:
    return query(user_path, "SELECT id, coalesce(content, content_blob) FROM embeddings ORDER BY id")


def embedded(user_path: Path, *arguments: str, piped: str | bytes | None = None) -> list[tuple[Any, ...]]:
    result = run("c", *arguments, "--store", piped=piped)
    assert (result.output, result.exit_code) == ("Embedding\n", 0)
    return stored(user_path)


# --- rows ---


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        ((), '[{"id": 1, "a": "x", "b": "y"}, {"id": "2", "a": null, "b": "z"}]'),
        ((), ' \n\n[{"id": 1, "a": "x", "b": "y"},\r\n {"id": "2", "a": "", "b": "z"}]\n'),
        (("--format", "json"), '[{"id": 1, "a": "x", "b": "y"}, {"id": "2", "a": null, "b": "z"}]'),
        (("--format", "nl"), '{"id": 1, "a": "x", "b": "y"}\n\n{"id": "2", "a": null, "b": "z"}\n'),
        ((), "id,a,b\n1,x,y\n2,,z\n"),
        ((), "\ufeffid,a,b\r\n1,x,y\r\n2,,z\r\n"),
        ((), "id\ta\tb\n1\tx\ty\n2\t\tz\n"),
        (("--format", "csv"), 'id,a,b\n1,x,y\n"2","",z'),
        (("--format", "tsv"), "\ufeffid\ta\tb\n1\tx\ty\n2\t\tz\n"),
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_formats(user_path: Path, tmp_path: Path, arguments: tuple[str, ...], content: str, piped: bool) -> None:
    """JSON, CSV and TSV (also with a BOM) are recognised, `nl` is named; the id comes first, the rest is the text."""
    file = tmp_path / "input"
    file.write_bytes(content.encode())
    path = "-" if piped else str(file)
    found = embedded(user_path, path, *arguments, piped=content.encode() if piped else None)
    assert found == [("1", "x y"), ("2", " z")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.jsonl", '{"id": 1, "a": "x"}\n{"id": 2, "a": "y"}\n'),
        ("rows.NDJSON", '{"id": 1, "a": "x"}\n{"id": 2, "a": "y"}\n'),
        ("rows.txt", '{"id": 1, "a": "x"}\n{"id": 2, "a": "y"}\n'),
        ("rows.csv", 'id,"a\tb\tc"\n1,x\n2,y\n'),
        ("rows.tsv", "id\ta,b,c\n1\tx\n2\ty\n"),
    ],
)
def test_formats_by_name(user_path: Path, tmp_path: Path, name: str, content: str) -> None:
    """The name of a file tells its format too; objects one after the other are recognised whatever its name."""
    (tmp_path / name).write_text(content)
    assert embedded(user_path, str(tmp_path / name)) == [("1", "x"), ("2", "y")]


def test_values(user_path: Path) -> None:
    """Numbers and nested values become text, null an empty one, as id `None`; a row of one column has no content."""
    rows = '[{"id": 7, "n": 1.5, "l": [1, "a"], "o": {"k": null}, "t": true, "z": 0}, {"id": null}]'
    assert embedded(user_path, "-", piped=rows) == [("7", "1.5 [1, 'a'] {'k': None} True 0"), ("None", "")]


def test_one_object(user_path: Path) -> None:
    """A JSON file may be one object."""
    assert embedded(user_path, "-", piped='{"id": "a", "text": "b"}') == [("a", "b")]


@pytest.mark.parametrize("content", ["", "\n \n", "[]", "id,text\n"])
def test_no_rows(user_path: Path, content: str) -> None:
    """Input without rows embeds nothing, and is no error."""
    assert embedded(user_path, "-", piped=content) == []


def test_long_fields(user_path: Path) -> None:
    """A field of a CSV file may be a whole document."""
    text = "word " * 50_000
    assert embedded(user_path, "-", piped=f"id,text\n1,{text}\n") == [("1", text)]


@pytest.mark.parametrize(
    ("arguments", "content", "error"),
    [
        ((), '[{"id": 1}', "JSON"),
        ((), '[{"id": 1} {"id": 2}]', "JSON"),
        ((), '[{"id": 1}] x', "JSON"),
        ((), '{"id": zork}', "JSON"),
        ((), "[1, 2]", "JSON object"),
        ((), "[{}]", "JSON object"),
        (("--format", "nl"), '{"id": 1}\n\n{"id"', "line 3"),
        (("--format", "nl"), "[1]", "JSON object"),
        ((), "id,text\n1,a\n2,b,c,d\n", "Line 3"),
        ((), b"id,text\n1,\xff\n", "UTF-8"),
    ],
)
def test_bad_input(user_path: Path, arguments: tuple[str, ...], content: str | bytes, error: str) -> None:
    """Input that is not what it should be: exit code 1, and what is wrong with it."""
    result = run("c", "-", *arguments, piped=content)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert error in result.stderr


# --- queries ---


def other_database(path: Path) -> Path:
    db = sqlite_utils.Database(path)
    db.execute("CREATE TABLE posts (title, n)")
    db.execute("INSERT INTO posts VALUES ('x', 5), ('y', NULL)")
    db.conn.commit()
    db.close()
    return path


@pytest.mark.parametrize("table", ["posts", "blog.posts", '"blog"."posts"'])
def test_query(user_path: Path, tmp_path: Path, table: str) -> None:
    """Rows of a query over attached databases, by name or without where the main one has no such table."""
    blog = other_database(tmp_path / "blog.db")
    found = embedded(user_path, "--sql", f"SELECT title, n, 'z' FROM {table}", "--attach", "blog", str(blog))
    assert found == [("x", "5 z"), ("y", " z")]


@pytest.mark.parametrize("alias", ["my blog", 'a"b', "x; DROP TABLE embeddings", "select"])
def test_names_of_attached_databases(user_path: Path, tmp_path: Path, alias: str) -> None:
    """The name of an attached database may be any: it is quoted."""
    blog, quoted = other_database(tmp_path / "blog.db"), alias.replace('"', '""')
    assert len(embedded(user_path, "--sql", f'SELECT * FROM "{quoted}".posts', "--attach", alias, str(blog))) == 2


def test_directories_are_no_files(user_path: Path, folder: Path) -> None:
    """A directory that matches the pattern is skipped."""
    (folder / "d.txt").mkdir()
    assert [item for item, _ in embedded(user_path, "--files", str(folder), "*.txt")] == ["a.txt", "b.txt"]


def test_query_beats_file(user_path: Path, tmp_path: Path) -> None:
    """If both are given, the query wins."""
    (tmp_path / "f.csv").write_text("id,a\n1,file\n")
    assert embedded(user_path, str(tmp_path / "f.csv"), "--sql", "SELECT 1, 'query'") == [("1", "query")]


def test_query_on_what_is_being_written(user_path: Path) -> None:
    """A query may read the table that the command writes to: it sees the rows that were there at its beginning."""
    rows = "id,a\n" + "".join(f"{n},text {n}\n" for n in range(30))
    embedded(user_path, "-", piped=rows)
    found = embedded(user_path, "--sql", "SELECT 'copy-' || id, content FROM embeddings")
    assert len(found) == 60


@pytest.mark.parametrize(
    ("sql", "error"), [("SELECT * FROM zork", "zork"), ("nonsense", "syntax"), ("CREATE TABLE t (a)", "readonly")]
)
def test_bad_query(user_path: Path, sql: str, error: str) -> None:
    """A query that fails is exit code 1 with SQLite's message, and can write nothing."""
    result = run("c", "--sql", sql)
    assert result.exit_code == 1
    assert error in result.stderr
    assert query(user_path, "SELECT name FROM sqlite_master WHERE name = 't'") == []


def test_attaching_what_is_not_there(user_path: Path, tmp_path: Path) -> None:
    """A database that does not exist is not made; one that is none is named."""
    missing, text = tmp_path / "missing.db", tmp_path / "text.db"
    assert run("c", "--sql", "SELECT 1", "--attach", "x", str(missing)).exit_code == 2
    assert not missing.exists()
    text.write_text("not a database, but some text that is long enough to be told from one " * 20)
    result = run("c", "--sql", "SELECT 1", "--attach", "x", str(text))
    assert result.exit_code == 1
    assert "text.db" in result.stderr


# --- files ---


def test_files(user_path: Path, folder: Path) -> None:
    """Files, with `**` those below too, come under relative paths, as UTF-8, else Latin-1; line ends are plain."""
    found = embedded(user_path, "--files", str(folder), "**/*")
    assert found == [("a.txt", "fünf"), ("b.txt", "fünf\nab"), ("sub/c.md", "deep")]
    assert [model for (model,) in query(user_path, "SELECT model FROM collections")] == ["lengths"]


def test_several_patterns(user_path: Path, folder: Path) -> None:
    """`--files` may be given several times."""
    found = embedded(user_path, "--files", str(folder), "b*", "--files", str(folder / "sub"), "*.md")
    assert [item for item, _ in found] == ["b.txt", "c.md"]


def test_order_of_files(user_path: Path, folder: Path, model: Lengths) -> None:
    """Files come sorted, whatever the file system says."""
    embedded(user_path, "--files", str(folder), "**/*")
    assert model.seen == ["fünf", "fünf\nab", "deep"]


def test_encodings(user_path: Path, folder: Path) -> None:
    """Only the encodings that are named are tried; a file that none of them fits is skipped and told about."""
    result = run("c", "--files", str(folder), "*.txt", "--encoding", "ascii", "--encoding", "utf-8", "--store")
    assert (result.exit_code, result.stdout) == (0, "Embedding\n")
    assert result.stderr == f"Could not decode text in file {folder / 'a.txt'}\n"
    assert stored(user_path) == [("b.txt", "fünf\nab")]


def test_binary_files(user_path: Path, folder: Path) -> None:
    """With `--binary` files are embedded as bytes, an empty one too, and nothing is put in front of them."""
    (folder / "empty").touch()
    found = embedded(user_path, "--files", str(folder), "*", "--binary", "--prepend", "x", "--prefix", "p/")
    assert found == [("p/a.txt", b"f\xfcnf"), ("p/b.txt", b"f\xc3\xbcnf\r\nab"), ("p/empty", b"")]


# --- options ---


def test_prefix_and_prepend(user_path: Path) -> None:
    """`--prefix` goes in front of every id, `--prepend` in front of every text before anything is done with it."""
    found = embedded(user_path, "-", "--prefix", "p/", "--prepend", "doc: ", piped="id,a\n1,x\n")
    assert found == [("p/1", "doc: x")]


@pytest.mark.parametrize(("size", "batches"), [("4", [4, 4, 2]), ("0", [10]), ("99", [10])])
def test_batch_size(user_path: Path, model: Lengths, size: str, batches: list[int]) -> None:
    """`--batch-size` makes batches smaller than the model's; 0 is the default."""
    embedded(user_path, "-", "--batch-size", size, piped="id,a\n" + "".join(f"{n},t {n}\n" for n in range(10)))
    assert [len(batch) for batch in model.batches] == batches


def test_known_items(user_path: Path, model: Lengths) -> None:
    """What is stored unchanged is not embedded again; the collection keeps its model, and needs none to be named."""
    embedded(user_path, "-", piped="id,a\n1,x\n2,y\n")
    model.batches.clear()
    result = run("c", "-", piped="id,a\n1,x\n2,changed\n", model=None)
    assert (result.exit_code, model.seen) == (0, ["changed"])
    assert run("c", "-", piped="id,a\n1,x\n", model="ignored").exit_code == 0


def test_content_is_not_kept(user_path: Path) -> None:
    """Without `--store` only the vector is kept, and never metadata."""
    assert run("c", "-", piped="id,a\n1,x\n").exit_code == 0
    assert query(user_path, "SELECT content, content_blob, metadata FROM embeddings") == [(None, None, None)]


def test_key(user_path: Path) -> None:
    """`--key` gives the key."""
    assert run("c", "-", "--key", "k", piped="id,a\n1,x\n", model="keyed").exit_code == 0
    assert "llm keys set demo" in run("d", "-", piped="id,a\n1,x\n", model="keyed", DEMO_KEY="").stderr


def test_database(user_path: Path, tmp_path: Path) -> None:
    """`-d` names the database, else the environment does."""
    named, other = str(tmp_path / "x.db"), str(tmp_path / "y.db")
    assert run("c", "-", "-d", named, piped="id,a\n1,x\n", LLM_EMBEDDINGS_DB=other).exit_code == 0
    assert ((tmp_path / "x.db").exists(), (tmp_path / "y.db").exists()) == (True, False)
    assert run("c", "-", piped="id,a\n1,x\n", LLM_EMBEDDINGS_DB=other).exit_code == 0
    assert (tmp_path / "y.db").exists()
    assert not (user_path / "embeddings.db").exists()


def test_model_of_the_environment(user_path: Path) -> None:
    """The model is that of `-m`, else of the environment, else the default one."""
    (user_path / "default_embedding_model.txt").write_text("zork")
    rows = "id,a\n1,x\n"
    assert run("a", "-", piped=rows, model=None).exit_code == 1
    assert run("b", "-", piped=rows, model=None, LLM_EMBEDDING_MODEL="len").exit_code == 0
    assert run("c", "-", piped=rows, model="len", LLM_EMBEDDING_MODEL="zork").exit_code == 0
    assert query(user_path, "SELECT name, model FROM collections") == [("b", "lengths"), ("c", "lengths")]


# --- failures ---


def test_failing_items(user_path: Path) -> None:
    """An item that the model refuses is named at the end, exit code 1; all others stay; a next run tries it again."""
    rows = "id,a\n1,x\n2,y\n3,boom\n4,z\n"
    result = run("c", "-", piped=rows, model="broken")
    assert (result.exit_code, result.stdout) == (1, "Embedding\n")
    assert result.stderr == (
        "Error: 1 item could not be embedded; 3 were. To try again, run the same command\n  3: the provider hung up\n"
    )
    assert [item for item, _ in stored(user_path)] == ["1", "2", "4"]
    assert run("c", "-", piped=rows.replace("boom", "fine")).exit_code == 0
    assert [item for item, _ in stored(user_path)] == ["1", "2", "3", "4"]


def test_many_failing_items(user_path: Path) -> None:
    """Of many items that failed the first twenty are named, and how many more there are."""
    rows = "id,a\n" + "".join(f"{n},{'boom' if n % 2 else n}\n" for n in range(50))
    result = run("c", "-", piped=rows, model="broken")
    assert result.stderr.count("the provider hung up") == 20
    assert result.stderr.endswith("  and 5 more\n")
    assert len(stored(user_path)) == 25


@pytest.mark.parametrize("count", ["1", "4"])
def test_concurrency(user_path: Path, model: Lengths, count: str) -> None:
    """`--concurrency` gives the same table, whatever it is."""
    found = embedded(
        user_path, "-", "--concurrency", count, piped="id,a\n" + "".join(f"{n:02},t {n}\n" for n in range(45))
    )
    assert found == [(f"{n:02}", f"t {n}") for n in range(45)]
    assert sorted(len(batch) for batch in model.batches) == [5, 10, 10, 10, 10]


@pytest.mark.parametrize(
    ("model", "arguments", "piped"),
    [
        ("zork", ("-",), "id,a\n1,x\n"),
        ("keyed", ("-",), "id,a\n1,x\n"),
        ("broken", ("-",), "id,a\n1,boom\n"),
        ("len", ("-",), "[nonsense"),
        ("len", ("--sql", "SELECT * FROM zork"), None),
        ("text-only", ("--files", ".", "*.toml", "--binary"), None),
    ],
)
def test_no_collection_after_a_failure(
    user_path: Path, model: str | None, arguments: tuple[str, ...], piped: str | None
) -> None:
    """A first run that fails leaves no collection bound to its model."""
    result = run("c", *arguments, piped=piped, model=model, DEMO_KEY="")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert query(user_path, "SELECT name FROM sqlite_master WHERE name = 'collections'") == [] or (
        query(user_path, "SELECT * FROM collections") == []
    )


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("-", "--binary"), "--binary"),
        (("--files", ".", "*", "--binary", "--encoding", "utf-8"), "--encoding"),
        ((), "--sql"),
        (("-", "--files", ".", "*"), "--files"),
        (("--sql", "SELECT 1", "--files", ".", "*"), "--files"),
        (("--format", "csv", "--files", ".", "*"), "--files"),
        (("missing.csv",), "missing.csv"),
        ((".",), "directory"),
        (("--files", "missing", "*"), "Invalid directory: missing"),
        (("--files", ".", ""), "pattern"),
        (("--files", ".", "/*"), "pattern"),
        (("--files", ".", "*", "--encoding", "zork"), "Unknown encoding: zork"),
        (("--files", ".", "*", "--encoding", "hex"), "Unknown encoding: hex"),
        (("-", "--batch-size", "-1"), "-1"),
        (("-", "--concurrency", "0"), "0"),
    ],
)
def test_usage_errors(user_path: Path, arguments: tuple[str, ...], error: str) -> None:
    """What cannot be meant is exit code 2, with the reason."""
    result = run("c", *arguments, piped="")
    assert (result.exit_code, result.stdout) == (2, "")
    assert error in result.stderr
