"""`llm templates`: prompts that are kept to be used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from llm.cli.groups import DefaultGroup

if TYPE_CHECKING:
    from llm.features.templates import Template


@click.group("templates", cls=DefaultGroup, default="list", default_if_no_args=True)
def templates() -> None:
    """Keep prompts to use them again.

    \b
        llm 'Sum this up in five words: $input' --save sum
        llm -t sum < article.txt
    """


@templates.command("list")
def templates_list() -> None:
    """Show the stored templates, one line each."""
    from llm.features.template_files import stored_templates

    found = list(stored_templates())
    width = max((len(template.name) for template in found), default=0)
    for template in found:
        display_truncated(f"{template.name:<{width}} : {_summary(template)}")


@templates.command("show")
@click.argument("name")
def templates_show(name: str) -> None:
    """Show a template as YAML.

    NAME is what -t takes: a stored name, a path, a URL or PREFIX:ARGUMENT.
    """
    import yaml

    from llm.cli.safe_echo import echo_foreign
    from llm.features.template_files import load_template

    fields = {field: value for field, value in load_template(name).model_dump().items() if value is not None}
    echo_foreign(yaml.safe_dump(fields, indent=4, default_flow_style=False))


@templates.command("edit")
@click.argument("name")
def templates_edit(name: str) -> None:
    """Open a stored template in your editor, a new one if there is none of that name.

    The editor is the one that VISUAL or EDITOR names.
    """
    from llm.features.template_files import read_template, template_to_edit

    path = template_to_edit(name)
    click.edit(filename=str(path))
    read_template(name, path)


@templates.command("path")
def templates_path() -> None:
    """Show where the templates are stored."""
    from llm.features.template_files import template_dir

    click.echo(template_dir())


@templates.command("loaders")
def templates_loaders() -> None:
    """Show the prefixes under which plugins offer templates."""
    from llm.cli.loader_docs import loader_entries
    from llm.registry.finding import find_loaders

    entries = loader_entries(find_loaders("template_loaders"))
    click.echo("\n".join(entries) or "No template loaders found")


def display_truncated(text: str) -> None:
    """Print one line, cut to the width of the terminal (80 columns without one)."""
    from shutil import get_terminal_size

    from llm.cli.safe_echo import echo_foreign
    from llm.core.text import truncate_string

    echo_foreign(truncate_string(text, get_terminal_size().columns))


def _summary(template: Template) -> str:
    texts = []
    if template.system:
        texts.append(f"system: {template.system}")
    if template.prompt:
        texts.append(f"prompt: {template.prompt}" if template.system else template.prompt)
    return " ".join(texts).replace("\n", " ")
