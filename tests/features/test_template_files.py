from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import yaml

import llm
from llm.core.attachments import Attachment
from llm.core.errors import SettingsError, UserError
from llm.features.template_files import (
    LoadTemplateError,
    load_template,
    parse_yaml_template,
    stored_templates,
    template_dir,
    template_to_edit,
)
from llm.features.template_saving import TemplateDraft, TemplateNameError, save_template, validated_options
from tests.registry.stand_ins import plugin

FUNCTIONS = "functions: 'def f(): pass'"


class Effort(Enum):
    low = "low"


class StrictModel:
    class Options(llm.Options):
        count: int | None = None
        effort: Effort | None = None
        depth: int = 7


def store(name: str, text: str) -> None:
    (template_dir() / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_folder(user_path: Path) -> None:
    """Templates are in the folder `templates` of the user directory, which is made on demand."""
    assert template_dir() == user_path / "templates"
    assert template_dir().is_dir()


@pytest.mark.parametrize(
    ("text", "prompt"), [("hello", "hello"), ("'5'", "5"), ("prompt: p\nname: other", "p"), ("{}", None)]
)
def test_yaml(text: str, prompt: str | None) -> None:
    """A string is the prompt, a mapping holds the fields; the name is the one asked for."""
    found = parse_yaml_template("n", text)
    assert (found.name, found.prompt) == ("n", prompt)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "neither text nor a mapping"),
        ("5", "neither text nor a mapping"),
        ("[a]", "neither text nor a mapping"),
        ("a: [", "expected the node content"),
        ("2001-99-99", "month must be in"),
        ("!!python/name:os.system", "could not determine a constructor"),
        ("nope: 1", "nope\n  Extra inputs are not permitted"),
        ("fragments: [5]", "fragments, 0\n  Input should be a valid string"),
        ("attachment_types: [{type: a}]", "attachment_types, 0, value\n  Field required"),
        ("1: 2", "Keys should be strings"),
        ("_functions_is_trusted: true", "Extra inputs are not permitted"),
    ],
)
def test_invalid_yaml(text: str, reason: str) -> None:
    """What is no template is an error that names it and says what is wrong with it."""
    with pytest.raises(LoadTemplateError) as caught:
        parse_yaml_template("bad", text)
    assert "bad" in str(caught.value)
    assert reason in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_stored_template(folder: Path) -> None:
    """A name is that of a stored template, read as UTF-8, whose functions are trusted."""
    store("a", f"prompt: é\n{FUNCTIONS}")
    found = load_template("a")
    assert (found.prompt, found.functions, found._functions_is_trusted) == ("é", "def f(): pass", True)


@pytest.mark.parametrize("name", ["nope", "", "x" * 5000, "nu\0l"])
def test_no_template(folder: Path, name: str) -> None:
    """A name of nothing is an invalid template."""
    with pytest.raises(LoadTemplateError, match=r"^Invalid template: "):
        load_template(name)


@pytest.mark.parametrize("name", ["./t", "sub/t", "t.yaml", "t.yml"])
def test_path(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """What looks like a path is one, and trusted."""
    (folder / "sub").mkdir()
    (folder / name).write_text(FUNCTIONS)
    assert load_template(name)._functions_is_trusted
    assert capsys.readouterr().err == ""


def test_bare_name_in_the_working_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that has the bare name wins over a stored template, but is not trusted, and a note says so."""
    store("t", "stored")
    (folder / "t").write_text(f"prompt: here\n{FUNCTIONS}")
    found = load_template("t")
    assert (found.prompt, found._functions_is_trusted) == ("here", False)
    assert "'t'" in capsys.readouterr().err


def test_folder_of_the_name(folder: Path) -> None:
    """A folder does not stand in the way of a stored template, and is none itself."""
    store("t", "stored")
    (folder / "t").mkdir()
    assert load_template("t").prompt == "stored"
    with pytest.raises(LoadTemplateError):
        load_template(str(folder))


def test_undecodable(folder: Path) -> None:
    """A file that is no UTF-8 text is an error that names it."""
    (folder / "t.yaml").write_bytes(b"\xff")
    with pytest.raises(LoadTemplateError, match=r"t\.yaml is not UTF-8"):
        load_template("t.yaml")


def test_url() -> None:
    """A URL is fetched; its functions are not trusted."""
    found = load_template("https://example.com/t.yaml", fetch=lambda url: f"prompt: from {url}\n{FUNCTIONS}")
    assert found.prompt == "from https://example.com/t.yaml"
    assert (found.name, found._functions_is_trusted) == ("https://example.com/t.yaml", False)


def test_unreachable_url() -> None:
    """What cannot be fetched cannot be loaded."""

    def fail(url: str) -> str:
        raise UserError(f"{url} is away")

    with pytest.raises(LoadTemplateError, match="http://x is away"):
        load_template("http://x", fetch=fail)


def _loaders(**loaders: Callable[[str], Any]) -> Any:
    def register_template_loaders(register: Any) -> None:
        for prefix, loader in loaders.items():
            register(prefix, loader)

    return plugin("templates_plugin", register_template_loaders=register_template_loaders)


def _trusting(argument: str) -> llm.Template:
    found = llm.Template(name="x", prompt=argument, functions="def f(): pass")
    found._functions_is_trusted = True
    return found


def _failing(argument: str) -> llm.Template:
    raise ValueError(f"no {argument}")


@pytest.fixture
def _plugin(register_plugins: Callable[..., None]) -> None:
    register_plugins(_loaders(ok=_trusting, bad=_failing, none=lambda _: None))


@pytest.mark.usefixtures("_plugin")
def test_loader() -> None:
    """The text after the first colon goes to the loader of the prefix; its functions are never trusted."""
    found = load_template("ok:a:b")
    assert (found.prompt, found._functions_is_trusted) == ("a:b", False)
    assert load_template("ok:").prompt == ""


@pytest.mark.usefixtures("_plugin")
@pytest.mark.parametrize(("name", "parts"), [("bad:x", ["bad:x", "no x"]), ("none:x", ["none:x"]), ("zz:x", ["zz"])])
def test_failing_loader(name: str, parts: list[str]) -> None:
    """An unknown prefix, an error in a loader and a loader that returns no template are errors that name them."""
    with pytest.raises(LoadTemplateError) as caught:
        load_template(name)
    assert all(part in str(caught.value) for part in parts)


def test_prefix_of_a_file(folder: Path) -> None:
    """A file whose whole name looks like a prefix and an argument is that file."""
    (folder / "zz:x").write_text("from file")
    assert load_template("zz:x").prompt == "from file"


def test_stored_templates(folder: Path) -> None:
    """All valid files of the folder by name, whatever lies in the working directory; others are skipped."""
    for name, text in {"b": "B", "a": "A", "empty": "", "list": "[1]", "broken": "["}.items():
        store(name, text)
    (template_dir() / "sub.yaml").mkdir()
    (folder / "a").write_text("elsewhere")
    assert [(found.name, found.prompt) for found in stored_templates()] == [("a", "A"), ("b", "B")]


def test_order_of_a_schema() -> None:
    """The keys of a schema stay in the order in which they are written: it is part of the schema's id."""
    store("s", "schema_object: {type: object, properties: {z: {type: string}, a: {type: string}}, required: [z]}")
    found = load_template("s").schema_object
    assert found is not None
    assert list(found) == ["type", "properties", "required"]
    assert list(found["properties"]) == ["z", "a"]


@pytest.mark.parametrize("name", ["", ".", "..", "sub/", "sub/."])
def test_no_name_to_edit(name: str) -> None:
    """A name that leaves no name for the file is refused, and nothing is made."""
    with pytest.raises(LoadTemplateError):
        template_to_edit(name)
    assert list(template_dir().iterdir()) == []


def test_file_in_place_of_the_folder(user_path: Path) -> None:
    """A file where the folder of templates should be is named in one error, by everything that needs the folder."""
    (user_path / "templates").touch()
    attempts: list[Callable[[], object]] = [
        template_dir,
        lambda: list(stored_templates()),
        lambda: load_template("a"),
        lambda: template_to_edit("a"),
    ]
    for attempt in attempts:
        with pytest.raises(SettingsError, match=f"folder {user_path / 'templates'}"):
            attempt()


def test_template_to_edit(user_path: Path) -> None:
    """A missing file is made, one that is there stays; a name that leads out of the folder is refused."""
    path = template_to_edit("new")
    assert path == user_path / "templates" / "new.yaml"
    assert path.read_text() == "prompt: "
    path.write_text("kept")
    assert template_to_edit("new").read_text() == "kept"
    for name in ("../out", "/tmp/out", "sub/../../out"):
        with pytest.raises(LoadTemplateError):
            template_to_edit(name)
    assert not (user_path / "out.yaml").exists()


def test_saving(folder: Path) -> None:
    """Fields that have a value are written in their order, as block-style YAML with an indent of 4."""
    (folder / "fn.py").write_text("def q(): return 1\n", encoding="utf-8")
    draft = TemplateDraft(
        model_id="echo", prompt="p $input", system="sys", defaults={"z": "1", "a": "2"}, extract=True,
        schema={"type": "object", "properties": {"name": {"type": "string"}}}, fragments=["zzz"],
        system_fragments=["yyy"], functions=["def a(): pass", "fn.py"], tools=["upper", "Foo(1)"],
        attachments=[Attachment(path="/a"), Attachment(content=b"x"), Attachment(url="http://u")],
        typed_attachments=[Attachment(type="text/plain", path="/b"), Attachment(type="x/y", content=b"x")],
        options={"n": 5},
    )  # fmt: skip
    save_template("a", draft)
    assert (template_dir() / "a.yaml").read_text(encoding="utf-8") == (
        "model: echo\nprompt: p $input\nsystem: sys\ndefaults:\n    z: '1'\n    a: '2'\nextract: true\n"
        "schema_object:\n    type: object\n    properties:\n        name:\n            type: string\n"
        "fragments:\n- zzz\nsystem_fragments:\n- yyy\n"
        "functions: 'def a(): pass\n\n\n    def q(): return 1\n\n    '\n"
        "tools:\n- upper\n- Foo(1)\nattachments:\n- /a\n- http://u\n"
        "attachment_types:\n-   type: text/plain\n    value: /b\noptions:\n    n: 5\n"
    )
    found = load_template("a")
    assert found.functions == "def a(): pass\n\ndef q(): return 1\n"


def test_saving_nothing() -> None:
    """Nothing to save gives an empty mapping, which loads as a template without effect."""
    save_template("b", TemplateDraft())
    assert (template_dir() / "b.yaml").read_text() == "{}\n"
    assert load_template("b") == llm.Template(name="b")


def test_saving_any_text() -> None:
    """Text comes back as it was, whatever YAML makes of it in between."""
    text = 'é 漢 "x": y # no\n  - $input\r\n\t'
    save_template("c", TemplateDraft(prompt=text))
    assert load_template("c").prompt == text


@pytest.mark.parametrize("name", ["", "..", "../x", "sub/x", "a\\b", "a..b", "/tmp/x", "nu\0l"])
def test_unsafe_names(name: str) -> None:
    """A name that is no plain file name is refused, and nothing is written."""
    with pytest.raises(TemplateNameError):
        save_template(name, TemplateDraft(prompt="p"))
    assert list(template_dir().iterdir()) == []


def test_failed_saving_keeps_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A template is replaced as a whole: an error while writing leaves the old one and no other file."""
    save_template("a", TemplateDraft(prompt="old"))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(UserError, match="No space left"):
        save_template("a", TemplateDraft(prompt="new"))
    assert load_template("a").prompt == "old"
    assert [path.name for path in template_dir().iterdir()] == ["a.yaml"]


def test_unreadable_functions(folder: Path) -> None:
    """A file of functions that is not there stops the saving."""
    with pytest.raises(UserError, match=r"File not found: gone\.py"):
        save_template("a", TemplateDraft(functions=["gone.py"]))


def test_validated_options() -> None:
    """Options are kept in JSON's terms, as the model's class reads them, without None; none given, none kept."""
    model: Any = StrictModel
    assert validated_options(model, {"count": "5", "effort": "low"}) == {"count": 5, "effort": "low", "depth": 7}
    assert validated_options(model, {}) == {}
    with pytest.raises(ValueError, match="valid integer"):
        validated_options(model, {"count": "five"})


def test_written_yaml_is_plain() -> None:
    """Numbers, lists and mappings are written without Python's own tags."""
    save_template("d", TemplateDraft(defaults={"a": [1, {"b": None}]}))
    assert yaml.safe_load((template_dir() / "d.yaml").read_text()) == {"defaults": {"a": [1, {"b": None}]}}


def test_pipe_of_a_shell(substitution: Callable[[bytes], str]) -> None:
    """A command may give a template through a pipe, and its functions are the user's own."""
    template = load_template(substitution(b"prompt: hi"))
    assert (template.prompt, template._functions_is_trusted) == ("hi", True)
