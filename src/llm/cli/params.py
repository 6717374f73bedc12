"""Options of the commands that run prompts, spelt and explained in one place.

Plugins copy them to commands of their own, so nothing here depends on the command an option sits on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from llm.cli.groups import F, stacked

if TYPE_CHECKING:
    from llm.core.attachments import Attachment
    from llm.features.standard_input import StandardInput

DEFAULT_CHAIN_LIMIT = 5
MODEL_VARIABLE = "LLM_MODEL"
_STDIN = f"{__name__}.stdin"


class ModelFromEnvironment(str):
    """A model that nobody named on the command line: a template to be saved leaves it out."""

    __slots__ = ()


class AttachmentType(click.ParamType["Attachment"]):
    """A path, a URL or `-`, as an attachment whose media type was detected."""

    name = "attachment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Attachment:
        """Return the attachment; what is one already stays as it is."""
        if not isinstance(value, str):
            attachment: Attachment = value
            return attachment
        from llm.features.attachments import AttachmentError, resolve_attachment

        try:
            return resolve_attachment(value, stdin=_standard_input(ctx))
        except AttachmentError as error:
            self.fail(str(error), param, ctx)


def attachment_types_callback(
    ctx: click.Context | None, param: click.Parameter | None, values: Sequence[tuple[str, str]]
) -> list[Attachment]:  # fmt: skip
    """Return an attachment for each pair of a path, URL or `-` and its media type."""
    if not values:
        return []
    from llm.features.attachments import AttachmentError, resolve_attachment_with_type

    found = []
    for value, mimetype in values:
        try:
            found.append(resolve_attachment_with_type(value, mimetype, stdin=_standard_input(ctx)))
        except AttachmentError as error:
            raise click.BadParameter(str(error), ctx, param) from error
    return found


def _standard_input(ctx: click.Context | None) -> StandardInput | None:
    """Return the input of one command line, which two mentions of `-` share."""
    if ctx is None:
        return None
    from llm.features.standard_input import StandardInput

    found: StandardInput = ctx.meta.setdefault(_STDIN, StandardInput())
    return found


def _mark_environment(ctx: click.Context, _: click.Parameter, value: str | None) -> str | None:
    if value is not None and ctx.get_parameter_source("model_id") is click.core.ParameterSource.ENVIRONMENT:
        return ModelFromEnvironment(value)
    return value


model_option = click.option(
    "model_id", "-m", "--model", envvar=MODEL_VARIABLE, callback=_mark_environment,
    help="Model to use: its ID or an alias",
)  # fmt: skip

database_option = click.option(
    "-d", "--database", type=click.Path(readable=True, dir_okay=False, allow_dash=False),
    help="Log database to use instead of the default one",
)  # fmt: skip

model_options_option = click.option(
    "options", "-o", "--option", type=(str, str), multiple=True, metavar="KEY VALUE",
    help="Option for the model; 'llm models --options' lists them",
)  # fmt: skip

attachment_options = stacked(
    click.option(
        "attachments", "-a", "--attachment", type=AttachmentType(), multiple=True, metavar="PATH|URL|-",
        help="File, URL or standard input to attach",
    ),
    click.option(
        "attachment_types", "--at", "--attachment-type", type=(str, str), multiple=True, metavar="PATH|URL|- TYPE",
        callback=attachment_types_callback, help="The same, with its media type: --at photo image/jpeg",
    ),
)  # fmt: skip

tool_options: Callable[[F], F] = stacked(
    click.option(
        "tools", "-T", "--tool", multiple=True, metavar="NAME",
        help="Tool the model may use, or a toolbox, which can take arguments: 'Files(\"docs\")'",
    ),
    click.option(
        "python_tools", "--functions", multiple=True, metavar="CODE|FILE.py",
        help="Python functions the model may use as tools",
    ),
    click.option(
        "tools_debug", "--td", "--tools-debug", is_flag=True, envvar="LLM_TOOLS_DEBUG",
        help="Show each tool call and what came of it",
    ),
    click.option("tools_approve", "--ta", "--tools-approve", is_flag=True, help="Ask before each tool call"),
    click.option(
        "chain_limit", "--cl", "--chain-limit", type=int, default=DEFAULT_CHAIN_LIMIT, show_default=True,
        help="How many responses a prompt with tools may take, 0 for any number",
    ),
)  # fmt: skip

schema_option: Callable[[F], F] = click.option(
    "schema_input", "--schema", metavar="SCHEMA",
    help="Answer with JSON of this schema: JSON, a file, 'name, age int', a schema ID or t:TEMPLATE",
)  # fmt: skip

schema_multi_option = click.option(
    "schema_multi", "--schema-multi", metavar="SCHEMA", help="The same, for a list of such objects"
)

fragment_options = stacked(
    click.option(
        "fragments", "-f", "--fragment", multiple=True, metavar="FRAGMENT",
        help="Text to put in front of the prompt: an alias, hash, URL, file, PREFIX:ARGUMENT or -",
    ),
    click.option(
        "system_fragments", "--sf", "--system-fragment", multiple=True, metavar="FRAGMENT",
        help="The same, for the system prompt",
    ),
)  # fmt: skip

param_option = click.option(
    "param", "-p", "--param", type=(str, str), multiple=True, metavar="NAME VALUE",
    help="Value for a variable of the template",
)  # fmt: skip

no_stream_option = click.option("--no-stream", is_flag=True, help="Wait for the whole answer before showing it")

hide_reasoning_option = click.option(
    "-R", "--hide-reasoning", is_flag=True, help="Neither ask for nor show the model's reasoning"
)

key_option = click.option("--key", help="API key to use, or the name of a stored one")

logging_options = stacked(
    click.option("-n", "--no-log", is_flag=True, help="Do not log what is said"),
    click.option("--log", is_flag=True, help="Log it even if logging is off"),
)

continue_options = stacked(
    click.option(
        "_continue", "-c", "--continue", is_flag=True, flag_value=-1, help="Continue the latest conversation"
    ),
    click.option(
        "conversation_id", "--cid", "--conversation", metavar="ID", help="Continue the conversation with this ID"
    ),
)  # fmt: skip
