"""Stand-ins for programs in use that drive chains and responses: agents, accounting, wrappers, servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import llm
from llm.core.messages import assistant, system, user
from tests.engine.faces import Face

# A model that knows nothing of prompt.messages and walks conversation.responses


def test_an_agent_that_shortens_results(face: Face) -> None:
    """An agent reads each response, stores its dictionary, then come the tools; it shortens what the model sees."""
    model = face.model(["a", llm.ToolCall("look", {"n": 1}, "i")], ["b"])
    log: list[Any] = []

    async def look(llm_tool_call: Any = None, **kwargs: Any) -> str:
        log.append(("tool", kwargs, llm_tool_call.tool_call_id))
        return "long " * 10

    def shorten(tool: Any, call: Any, result: Any) -> None:
        log.append("after_call")
        result.output = result.output[:4]

    chain = model.conversation().chain(
        "x", tools=[llm.Tool("look", implementation=look)], after_call=face.hook(shorten)
    )
    for response in face.each(chain.responses()):
        for event in face.each(face.events_of(response)):
            log.append(event.chunk)
        log.append(json.dumps(response.to_dict())[:8])
    assert log == ["a", '{"model"', ("tool", {"n": 1}, "i"), "after_call", "b", '{"model"']
    assert model.script.prompts[1].messages[-1].parts[0].output == "long"


def test_accounting_callbacks(face: Face) -> None:
    """Programs register callbacks before and after completion that read the response themselves."""
    response = face.model(["a", lambda response: response.set_usage(input=1, output=2)]).prompt("x")
    seen: list[Any] = []
    if face.is_async:

        async def account_async(done: Any) -> None:
            usage = await done.usage()
            seen.append((await done.text(), usage.input, usage.output))

        callback: Any = account_async
    else:

        def callback(done: Any) -> None:
            seen.append((done.text(), done.usage().input, done.usage().output))

    face.get(response.on_done(callback))
    face.text(response)
    face.get(response.on_done(callback))
    assert seen == [("a", 1, 2)] * 2


def test_a_wrapped_chain(face: Face) -> None:
    """Programs wrap a chain and forward unknown attributes to it."""

    class Wrapper:
        def __init__(self, chain: Any) -> None:
            self._chain = chain

        def __getattr__(self, name: str) -> Any:
            return getattr(self._chain, name)

    wrapped = Wrapper(face.model(["a"]).chain("x"))
    assert [face.text(response) for response in face.each(wrapped.responses())] == ["a"]
    assert [face.text(response) for response in wrapped._responses] == ["a"]


def test_a_server_that_builds_its_history() -> None:
    """A server makes finished responses of the messages it was sent, by hand, and prompts the conversation."""

    class Answers(llm.Model):
        model_id = "answers"

        def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
            yield json.dumps([one.text() for one in conversation.responses])

    model = Answers()
    conversation = llm.Conversation(model=model)
    for asked, answered in (("one", "1"), ("two", "2")):
        made = llm.Response(llm.Prompt(asked, model=model, system="s"), model, False, conversation, None)
        made._chunks = [answered]
        made._tool_calls = []
        made._done = True
        conversation.responses.append(made)
    response = conversation.prompt("three", system="s")
    assert response.text() == '["1", "2"]'
    assert response.prompt.messages[:3] == [system("s"), user("one"), assistant("1")]
    assert response.prompt.messages[-1] == user("three")
