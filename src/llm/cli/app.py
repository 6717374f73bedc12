"""The command `llm`: a group whose commands are imported when they are looked up.

In a program, plugins are loaded when this is imported; the command `llm` loads those that it needs when it looks up the
first command, so `llm --version` loads none.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import click

from llm._version import __version__
from llm.cli.command_table import CommandTable
from llm.cli.errors import reporting_errors
from llm.cli.groups import DefaultGroup
from llm.cli.plugin_commands import EveryPlugin, LatePlugins
from llm.registry.passes import one_pass

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from llm.cli.command_table import PluginCommands

#: name -> module in llm.cli.commands and the command object in it
COMMANDS = {
    "prompt": ("prompt", "prompt"),
    "aliases": ("aliases", "aliases"),
    "chat": ("chat", "chat"),
    "collections": ("collections", "collections"),
    "completion": ("completion", "completion"),
    "embed": ("embed", "embed"),
    "embed-models": ("embed_models", "embed_models"),
    "embed-multi": ("embed_multi", "embed_multi"),
    "fragments": ("fragments", "fragments"),
    "install": ("install", "install"),
    "keys": ("keys", "keys"),
    "logs": ("logs", "logs"),
    "models": ("models", "models"),
    "plugins": ("plugins", "plugins_list"),
    "schemas": ("schemas", "schemas"),
    "similar": ("similar", "similar"),
    "templates": ("templates", "templates"),
    "tools": ("tools", "tools"),
    "uninstall": ("install", "uninstall"),
}


HELP = """Talk to large language models, local and remote.

\b
    llm 'Five names for a pet pelican'
    llm keys set openai
    llm models
    llm -m smollm2 'A model on this machine needs no key'
"""


#: How many objects are made before the garbage collector looks for cycles among them, and how often it looks among the
#: older ones. Python's default, 700, has it look dozens of times at what a command has just imported.
COLLECT = (20_000, 20, 20)

#: 128 and the number of SIGINT. At a question, Ctrl-C is an answer: click's, with exit code 1.
INTERRUPTED = 130


class RootGroup(DefaultGroup):
    """The group `llm`. What helpers of this package raise in a plugin's command is reported like in our own."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that the words name. Ctrl-C ends it with the exit code that shells expect."""
        if started_as_command():
            _print_whatever_comes()
        try:
            return reporting_errors(super().invoke)(ctx)
        except KeyboardInterrupt:
            click.echo("\nAborted!", err=True)
            ctx.exit(INTERRUPTED)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; while commands are listed, something that shows like it may do."""
        if _LISTING in ctx.meta and isinstance(self.commands, CommandTable):
            return self.commands.summary(cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands into the help."""
        with _listing(ctx):
            super().format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin with `incomplete`."""
        with _listing(ctx):
            return super().shell_complete(ctx, incomplete)


_LISTING = "llm.cli.listing"


@contextmanager
def _listing(ctx: click.Context) -> Iterator[None]:
    ctx.meta[_LISTING] = True
    try:
        yield
    finally:
        del ctx.meta[_LISTING]


def _print_whatever_comes() -> None:
    """Have characters that the encoding of the output lacks shown as escapes, as on stderr: models write any of them.

    An answer that was paid for must not end in an error because it has an emoji, or half of one.
    """
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _imported(name: str) -> click.Command:
    module, attribute = COMMANDS[name]
    command: click.Command = getattr(import_module(f"llm.cli.commands.{module}"), attribute)
    _prepare(command)
    return command


_prepared: WeakSet[Callable[..., Any]] = WeakSet()  #: modules, and so commands, outlive a group: it may be built again


def _prepare(command: click.Command) -> None:
    """Have a built-in command report errors, and ask no plugin twice."""
    if command.callback is not None and command.callback not in _prepared:
        callback = command.callback if hasattr(command.callback, "__wrapped__") else reporting_errors(command.callback)
        command.callback = _in_one_pass(callback)
        _prepared.add(command.callback)
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            _prepare(subcommand)


def _in_one_pass(callback: Callable[..., Any]) -> Callable[..., Any]:
    def asking_once(*args: Any, **kwargs: Any) -> Any:
        if started_as_command():
            gc.freeze()  # what has been imported stays to the end: nobody need look at it again, at the exit either
        with one_pass():
            return callback(*args, **kwargs)

    return update_wrapper(asking_once, callback)


def build() -> RootGroup:
    """Return a fresh root group."""
    if not started_as_command():
        return _group(EveryPlugin)
    gc.set_threshold(*COLLECT)
    return _group(LatePlugins)


def _group(plugins: Callable[[click.Group], PluginCommands]) -> RootGroup:
    group = RootGroup(
        name="cli",
        default="prompt",
        default_if_no_args=True,
        help=HELP,
        params=[_version_option()],
    )
    group.commands = CommandTable(COMMANDS, _imported, plugins(group))
    return group


def commands_by_plugin() -> dict[str, list[str] | Exception]:
    """Return the commands that each plugin brings, or what it raises, by having them do it once more."""
    from llm.cli.plugin_commands import NoPlugins, commands_brought

    return commands_brought(_group(NoPlugins))


def load_plugin_commands(group: click.Group) -> None:
    """Load the plugins now, so that their commands are there."""
    if isinstance(group.commands, CommandTable):
        group.commands.complete()


def _version_option() -> click.Option:
    def show(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            click.echo(f"{context.find_root().info_name}, version {__version__}")
            context.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version and exit."
    )


def started_as_command() -> bool:
    """Tell whether this process is the command `llm`, which loads plugins as late as it can."""
    program = sys.argv[0].replace("\\", "/") if sys.argv else ""
    if program == "-m":  # as long as Python looks for the module that it is to run
        return "llm" in sys.orig_argv[1:] and sys.orig_argv[sys.orig_argv.index("llm") - 1] == "-m"
    return program.endswith(("/llm", "/llm.exe", "/llm/__main__.py"))
