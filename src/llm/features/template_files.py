"""Where templates come from: files, URLs and the loaders of plugins.

Only a template that the user keeps in a file, or points at by a path, may bring code along: text from the network and
a file that merely happens to have the right name in the working directory must not run anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from llm.core.errors import SettingsError, UserError
from llm.core.text import has_plugin_prefix
from llm.core.yaml_text import YamlTextError, parsed_yaml
from llm.features.named_files import is_readable
from llm.features.web import FetchText, fetch_text, is_web_url

if TYPE_CHECKING:
    from llm.features.templates import Template

_EXTENSIONS = (".yaml", ".yml")


class LoadTemplateError(UserError, ValueError):
    """A template does not exist or is not valid."""

    __module__ = "llm.cli"


def template_dir() -> Path:
    """Return the folder of the user's templates, which exists when this returns. Raises `SettingsError`."""
    import llm
    from llm.registry.paths import TEMPLATES_FOLDER

    folder = llm.user_dir() / TEMPLATES_FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"Cannot create the folder {folder}: {error.strerror}. Templates are kept there") from error
    return folder


def load_template(name: str, *, fetch: FetchText = fetch_text) -> Template:
    """Return the template that a URL, `PREFIX:ARGUMENT`, a path or a stored name stands for, tried in this order.

    Raises `LoadTemplateError`.
    """
    if is_web_url(name):
        return _fetched(name, fetch)
    is_file = is_readable(name)
    if has_plugin_prefix(name) and not is_file:
        return _from_loader(name)
    if is_file:
        return _from_working_folder(name)
    path = os.fspath(template_dir() / f"{name}.yaml")
    if is_readable(path):
        return read_template(name, path)
    raise LoadTemplateError(f"Invalid template: {name}")


def read_template(name: str, path: str | Path, *, trusted: bool = True) -> Template:
    """Return the template in a file under this name. Raises `LoadTemplateError`, which names the file."""
    try:
        template = parse_yaml_template(name, Path(path).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise LoadTemplateError(f"Invalid template: {path} is not UTF-8 text") from error
    except OSError as error:
        raise LoadTemplateError(f"Cannot read the template {path}: {error.strerror}") from error
    template._functions_is_trusted = trusted
    return template


def parse_yaml_template(name: str, content: str) -> Template:
    """Return the template that a YAML text describes: a string, which is its prompt, or a mapping of its fields.

    Raises `LoadTemplateError`.
    """
    from pydantic import ValidationError

    from llm.features.templates import Template
    from llm.features.validation import render_errors

    try:
        found = parsed_yaml(content)
    except YamlTextError as error:
        raise LoadTemplateError(f"Invalid YAML in template {name}: {error}") from error
    fields = {"prompt": found} if isinstance(found, str) else found
    if not isinstance(fields, dict):
        raise LoadTemplateError(f"Invalid template: {name} holds neither text nor a mapping of fields")
    try:
        return Template.model_validate({**fields, "name": name})
    except ValidationError as error:
        raise LoadTemplateError(f"Template {name} has invalid fields:\n{render_errors(error.errors())}") from error


def stored_templates() -> Iterator[Template]:
    """Yield the user's own templates, sorted by name; files that hold none are skipped."""
    for path in sorted(template_dir().glob("*.yaml"), key=lambda path: path.stem):
        try:
            yield read_template(path.stem, path)
        except LoadTemplateError:
            continue


def template_to_edit(name: str) -> Path:
    """Return the file of a stored template, made if there is none.

    Raises `LoadTemplateError` for a name that stands for no file in the folder of templates, and `SettingsError`.
    """
    from llm.registry.settings import write_text_atomically

    folder = template_dir()
    path = folder / f"{name}.yaml"
    if not path.resolve().is_relative_to(folder.resolve()):
        raise LoadTemplateError(f"Invalid template name: {name} leads out of {folder}")
    if not os.path.basename(name).strip("."):  # noqa: PTH119 -- pathlib leaves out a dot at the end
        raise LoadTemplateError(f"Invalid template name: '{name}' names no file")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomically(path, "prompt: ")
    return path


def _fetched(url: str, fetch: FetchText) -> Template:
    try:
        content = fetch(url)
    except UserError as error:
        raise LoadTemplateError(str(error)) from error  # which names the URL
    return parse_yaml_template(url, content)


def _from_loader(name: str) -> Template:
    from llm.features.templates import Template
    from llm.registry.finding import find_loaders

    prefix, _, argument = name.partition(":")
    loader = find_loaders("template_loaders", prefix).get(prefix)
    if loader is None:
        raise LoadTemplateError(f"Unknown template prefix: {prefix}. 'llm templates loaders' lists those there are")
    try:
        template = loader(argument)
    except Exception as error:
        raise LoadTemplateError(f"Could not load template {name}: {error}") from error
    if not isinstance(template, Template):
        raise LoadTemplateError(f"Could not load template {name}: its loader returned no template but {template!r}")
    template._functions_is_trusted = False
    return template


def _from_working_folder(name: str) -> Template:
    """Return the template in a file, without trust if only its bare name was given: the folder may be anybody's."""
    if os.path.basename(name) != name or name.endswith(_EXTENSIONS):  # noqa: PTH119 -- no other part of Path is needed
        return read_template(name, name)
    from llm.registry.notices import warn

    template = read_template(name, name, trusted=False)
    here = os.path.join(os.curdir, name)  # noqa: PTH118 -- pathlib drops the leading dot
    warn(
        f"Note: template '{name}' is the file of that name in this folder; its functions do not run. '{here}' trusts it"
    )
    return template
