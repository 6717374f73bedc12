"""`llm tools`: what models may call."""

from __future__ import annotations

import click

from llm.cli.errors import reporting_everything
from llm.cli.groups import DefaultGroup


@click.group("tools", cls=DefaultGroup, default="list", default_if_no_args=True)
def tools() -> None:
    """Look at the tools that models can be offered with -T."""


@tools.command("list")
@click.argument("tool_defs", nargs=-1)
@click.option("json_", "--json", is_flag=True, help="Show JSON")
@click.option("model_id", "-m", "--model", help="Show the tools that this model's provider runs as well")
@click.option(
    "python_tools", "--functions", multiple=True, help="Python code, or a .py file, whose functions are tools"
)
@reporting_everything
def tools_list(
    tool_defs: tuple[str, ...], json_: bool, model_id: str | None, python_tools: tuple[str, ...]
) -> None:  # fmt: skip
    """Show the tools of the installed plugins, with what they take and do.

    TOOL_DEFS are names as for -T: only these are shown. A toolbox that needs arguments is shown with them.

        llm tools list 'Files("docs")'
    """
    import json

    from llm.cli.safe_echo import echo_foreign
    from llm.features.tool_listing import list_tools
    from llm.registry.finding import find_model

    model = find_model(model_id) if model_id else None
    listing = list_tools(tool_defs, python_tools, model=model)
    if json_:
        click.echo(json.dumps(listing.as_dict(), indent=2))
        return
    for line in listing.lines():
        echo_foreign(line)
