"""`llm plugins`: what is installed, what it costs, what is wrong with it, and getting it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from llm.cli.groups import HELP_NAMES

if TYPE_CHECKING:
    from llm.features.installer import Installer, Wanted


@click.group("plugins", invoke_without_command=True, context_settings=HELP_NAMES)
@click.option("all", "--all", is_flag=True, help="Include the built-in plugins")
@click.option("hooks", "--hook", multiple=True, help="Only plugins that implement this hook, or one of several")
@click.option("--times", is_flag=True, help="Add the seconds that importing each plugin takes")
@click.pass_context
def plugins_list(ctx: click.Context, all: bool, hooks: tuple[str, ...], times: bool) -> None:
    """List the installed plugins as JSON, with their hooks and versions."""
    if ctx.invoked_subcommand is not None:
        return
    import json

    from llm.registry.plugins import described_plugins, load_plugins

    load_plugins()
    described = [one for one in described_plugins(all) if not hooks or not set(hooks).isdisjoint(one[1]["hooks"])]
    rows = [row for _, row in described]
    if times:
        from llm.features.plugin_times import import_times

        seconds = import_times()
        rows = [{**row, "import_seconds": seconds.get(name)} for name, row in described]
    click.echo(json.dumps(rows, indent=2))


@plugins_list.command("doctor", context_settings=HELP_NAMES)
@click.option("json_", "--json", is_flag=True, help="Show a JSON array of problems")
def plugins_doctor(json_: bool) -> None:
    """Find what is wrong with the installed plugins, and say how to mend it.

    Looks for plugins that cannot be loaded or fail when they are asked what they offer, for missing or outdated
    dependencies, and for models, commands, tools and prefixes that two plugins claim. The exit code is 1 if there is
    something to mend.
    """
    import json
    from dataclasses import asdict

    from llm.cli.app import commands_by_plugin
    from llm.cli.safe_echo import echo_foreign
    from llm.features.plugin_health import examine, number_of_plugins

    problems = examine(commands_by_plugin())
    if json_:
        click.echo(json.dumps([asdict(problem) for problem in problems], indent=2))
    elif problems:
        for problem in problems:
            echo_foreign(f"{problem.plugin}: {problem.problem}")
            echo_foreign(f"    {problem.mend}")
    else:
        number = number_of_plugins()
        click.echo(f"No problems found in {number} plugin{'' if number == 1 else 's'}")
    if any(problem.serious for problem in problems):
        raise click.exceptions.Exit(1)


@plugins_list.command("restore", context_settings=HELP_NAMES)
@click.option("--dry-run", is_flag=True, help="Only show what would be installed")
def plugins_restore(dry_run: bool) -> None:
    """Install again what was installed with 'llm install' and is missing now.

    An upgrade of Python or of llm itself may rebuild the environment without the plugins.
    """
    from llm.features.installer import installer, missing_packages

    missing = missing_packages()
    if not missing:
        click.echo("Everything that was installed with 'llm install' is there", err=True)
        return
    if dry_run:
        click.echo("\n".join(one.requirement for one in missing))
        return
    program = installer()
    failed = []
    for one in missing:
        click.echo(f"Installing {one.requirement}", err=True)
        if not _install(program, one):
            failed.append(one.requirement)
    if failed:
        raise click.ClickException(
            f"Not installed: {', '.join(failed)}. Try each with 'llm install', or give it up with 'llm uninstall'"
        )


def _install(program: Installer, one: Wanted) -> bool:
    from subprocess import call

    packages = [] if one.editable else [one.requirement]
    lines = program.install(packages, one.requirement if one.editable else None, pre=one.pre)
    return all(call(line) == 0 for line in lines)
