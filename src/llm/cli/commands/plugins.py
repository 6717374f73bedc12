"""`llm plugins`: what is installed."""

from __future__ import annotations

import click

from llm.cli.groups import HELP_NAMES


@click.command("plugins", context_settings=HELP_NAMES)
@click.option("all_", "--all", is_flag=True, help="Include the built-in plugins.")
@click.option("hooks", "--hook", multiple=True, help="Only plugins that implement this hook, or one of several.")
def plugins_list(all_: bool, hooks: tuple[str, ...]) -> None:
    """List the installed plugins as JSON, with their hooks and versions."""
    import json

    from llm.registry.plugins import get_plugins, load_plugins

    load_plugins()
    plugins = get_plugins(all_)
    if hooks:
        plugins = [plugin for plugin in plugins if not set(hooks).isdisjoint(plugin["hooks"])]
    click.echo(json.dumps(plugins, indent=2))
