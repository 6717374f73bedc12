"""What is done with every model: the ways to prompt it, a second round, and the log of it."""

from __future__ import annotations

from downstream.exercise import Step, llm
from downstream.replies import TEXT


def talking(
    model: str,
    *,
    asks: str,
    asynchronous: bool = True,
    whole: bool = True,
    system: bool = True,
    options: tuple[str, ...] = (),
) -> tuple[Step, ...]:
    """Prompt a model streamed, whole and async, go on, and look at the log.

    `asks` is part of the address asked, `system` whether the plugin sends system prompts.
    """
    sent = ("First question", "Be terse") if system else ("First question",)
    steps = [
        llm("models", "list", prints=(model,)),
        llm("models", "list", "-m", model, "--options", prints=(model,)),
        llm("-m", model, "First question", "-s", "Be terse", prints=(TEXT,), asks=(asks, *sent)),
        llm("-c", "Second question", *options, prints=(TEXT,), asks=("First question", TEXT, "Second question")),
        llm("logs", "-c", prints=("First question", "Second question", TEXT, model)),
        llm("-m", "nothing-like-it", "hi", prints=("Error: ",), code=1),
    ]
    if whole:
        steps.insert(2, llm("-m", model, "--no-stream", "-u", "Whole", prints=(TEXT,), asks=(asks, "Whole")))
    if asynchronous:
        steps.insert(2, llm("-m", model, "--async", "Async", prints=(TEXT,), asks=(asks, "Async")))
    return tuple(steps)
