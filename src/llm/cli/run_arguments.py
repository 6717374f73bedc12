"""The command line of every command that talks to a model: what becomes of it are inputs of a prompt, and settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from llm.cli.params import DEFAULT_CHAIN_LIMIT
from llm.cli.rendering.choice import choose_display

if TYPE_CHECKING:
    from llm.cli.rendering.choice import Display
    from llm.cli.turn_log import TurnLog
    from llm.engine.worlds import AnyModel
    from llm.features.prompting import RunSettings
    from llm.features.template_composition import PromptInputs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RunArguments:
    """What was given on the command line; the names are those of the parameters. Commands add their own."""

    system: str | None = None
    model_id: str | None = None
    param: Sequence[tuple[str, str]] = ()
    options: Sequence[tuple[str, str]] = ()
    tools: Sequence[str] = ()
    python_tools: Sequence[str] = ()
    tools_debug: bool = False
    tools_approve: bool = False
    chain_limit: int = DEFAULT_CHAIN_LIMIT
    no_stream: bool = False
    hide_reasoning: bool = False
    key: str | None = None
    render: bool | None = None

    def display(self) -> Display:
        """Return what shows the answers."""
        return choose_display(render=self.render, show_reasoning=not self.hide_reasoning)

    def inputs(self) -> PromptInputs:
        """Return what prompts are to be made of, as far as all commands take it."""
        from llm.features.template_composition import PromptInputs

        return PromptInputs(
            system=self.system,
            model_id=self.model_id,
            options=dict(self.options),
            tools=self.tools,
            functions=self.python_tools,
            params=dict(self.param),
        )

    def settings(self, inputs: PromptInputs, display: Display) -> RunSettings:
        """Return how the answers are to be had; `inputs` are those with templates applied."""
        from llm.cli.tool_hooks import tool_hooks
        from llm.features.prompting import RunSettings

        before, after = tool_hooks(debug=self.tools_debug, approve=self.tools_approve, display=display)
        return RunSettings(
            options=inputs.options,
            key=self.key,
            stream=not self.no_stream,
            hide_reasoning=self.hide_reasoning,
            schema=inputs.schema,
            chain_limit=self.chain_limit,
            before_call=before,
            after_call=after,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class LoggedRunArguments(RunArguments):
    """Those of commands whose turns are logged, and can continue what was logged.

    Raises `click.ClickException` for options about logging that contradict each other.
    """

    database: str | None = None
    no_log: bool = False
    log: bool = False
    _continue: bool = False
    conversation_id: str | None = None
    fragments: Sequence[str] = ()
    system_fragments: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.log and self.no_log:
            raise click.ClickException("--log and --no-log cannot be used together")

    @property
    def continues(self) -> bool:
        """Whether a conversation of the log goes on."""
        return bool(self._continue or self.conversation_id)

    def inputs(self) -> PromptInputs:
        """Return what all commands take, and the fragments."""
        inputs = RunArguments.inputs(self)  # super() does not know the class that dataclass makes for the slots
        return replace(inputs, fragments=self.fragments, system_fragments=self.system_fragments)

    def settings_for(self, model: AnyModel, inputs: PromptInputs, display: Display) -> RunSettings:
        """Return the settings together with what the user keeps for the model; it streams if it can."""
        from llm.registry.model_options import get_model_options

        settings = self.settings(inputs, display)
        return replace(
            settings,
            stored_options=get_model_options(model.model_id),
            stream=settings.stream and model.can_stream,
        )

    def open_log(self) -> TurnLog:
        """Return the log for the turns, to be closed. Raises `LogStoreError` if it is needed and cannot be opened."""
        from llm.cli.turn_log import TurnLog
        from llm.features.log_files import logs_on

        return TurnLog(self.database, enabled=not self.no_log and (self.log or logs_on()))
