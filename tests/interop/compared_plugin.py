"""The plugin of the comparison: models, an embedding model, tools, loaders and a command that need no network."""

from __future__ import annotations

import json
from typing import Any

import llm
from llm.parts import StreamEvent


class Shared:
    """Says what it was given; a prompt of JSON makes it call tools, think, or fail."""

    model_id = "say"
    can_stream = True
    supports_schema = True
    supports_tools = True
    attachment_types: Any = ("image/png", "text/plain")

    class Options(llm.Options):
        temperature: float | None = None
        loud: bool | None = None

    def given(self, prompt: Any, response: Any) -> list[Any]:
        script = json.loads(prompt.prompt) if (prompt.prompt or "").startswith("{") else {}
        if script.get("fail"):
            raise llm.ModelError("the model failed")
        events: list[Any] = []
        if script.get("think"):
            events.append(StreamEvent(type="reasoning", chunk="let me think"))
        if script.get("text"):
            return [*events, script["text"]]
        if not prompt.tool_results:
            for call in script.get("calls", ()):
                response.add_tool_call(llm.ToolCall(call["name"], call.get("arguments", {}), tool_call_id="call"))
        response.set_usage(input=10, output=5, details={"cached": 2})
        response.response_json = {"said": "something", "n": 1}
        seen = {
            "prompt": prompt.prompt,
            "system": prompt.system,
            "attachments": [attachment.resolve_type() for attachment in prompt.attachments],
            "options": prompt.options.model_dump(exclude_none=True),
            "schema": prompt.schema,
            "tools": [tool.name for tool in prompt.tools],
            "results": [result.output for result in prompt.tool_results],
            "messages": len(prompt.messages),
        }
        text = json.dumps({name: value for name, value in seen.items() if value})
        return [*events, text[:9], text[9:]]


class Say(Shared, llm.Model):
    def execute(self, prompt: Any, stream: Any, response: Any, conversation: Any) -> Any:
        yield from self.given(prompt, response)


class AsyncSay(Shared, llm.AsyncModel):
    async def execute(self, prompt: Any, stream: Any, response: Any, conversation: Any) -> Any:
        for event in self.given(prompt, response):
            yield event


class Locked(llm.KeyModel):
    """Needs a key and shows its length."""

    model_id = "locked"
    needs_key = "lock"
    key_env_var = "LOCK_KEY"

    def execute(self, prompt: Any, stream: Any, response: Any, conversation: Any, key: Any) -> Any:
        yield f"a key of {len(key)}"


class Lengths(llm.EmbeddingModel):
    """Three numbers about a text."""

    model_id = "lengths"
    supports_binary = True
    batch_size = 2

    def embed_batch(self, items: Any, *, key: str | None = None) -> Any:
        return [[float(len(item)), 1.0, 0.5] for item in items]


def upper(text: str) -> str:
    """Make a text upper case."""
    return text.upper()


def failing() -> str:
    """Always fail."""
    raise ValueError("this tool fails")


class Box(llm.Toolbox):
    """A toolbox with a configuration."""

    def __init__(self, start: int = 1) -> None:
        self.start = start

    def add(self, n: int) -> int:
        """Add to the start."""
        return self.start + n


def load_fragment(argument: str) -> Any:
    """Load a fragment that says its name."""
    if argument == "none":
        raise ValueError("no such thing")
    if argument == "two":
        return [llm.Fragment("first", "one-source"), llm.Fragment("second", "two-source")]
    return llm.Fragment(f"fragment {argument}", f"src:{argument}")


def load_template(argument: str) -> Any:
    """Load a template that says its name."""
    if argument == "none":
        raise ValueError("no such template")
    return llm.Template(name=argument, prompt=f"{argument}: $input")


@llm.hookimpl
def register_models(register: Any) -> None:
    register(Say(), AsyncSay(), aliases=("s", "talk"))
    register(Locked())


@llm.hookimpl
def register_embedding_models(register: Any) -> None:
    register(Lengths(), aliases=("len",))


@llm.hookimpl
def register_tools(register: Any) -> None:
    register(upper)
    register(failing)
    register(Box)


@llm.hookimpl
def register_fragment_loaders(register: Any) -> None:
    register("frag", load_fragment)


@llm.hookimpl
def register_template_loaders(register: Any) -> None:
    register("tpl", load_template)


@llm.hookimpl
def register_commands(cli: Any) -> None:
    @cli.command(name="greet")  # type: ignore[untyped-decorator]
    def greet() -> None:
        """Greet."""
        print("hello")
