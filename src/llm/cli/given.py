"""What every command that talks to a model is given, and what becomes of it: inputs of a prompt, and settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm.cli.params import DEFAULT_CHAIN_LIMIT
from llm.cli.rendering.choice import choose_display

if TYPE_CHECKING:
    from llm.cli.rendering.choice import Display
    from llm.features.prompting import RunSettings
    from llm.features.template_composition import PromptInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenToRun:
    """What was given on the command line; the names are those of the parameters. Commands add their own."""

    system: str | None = None
    model_id: str | None = None
    param: Sequence[tuple[str, Any]] = ()
    options: Sequence[tuple[str, Any]] = ()
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
