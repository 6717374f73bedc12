"""Who waits for whom on an event loop, so that a run that would wait for itself is told instead.

`execute` may start tasks and wait for them; a task that in turn waits for the response that `execute` is making would
never end. asyncio knows who waits for whom (`_fut_waiter` of a task, `_children` of what `gather` returns). Where it
does not tell, nothing is found: behind a `TaskGroup`, `asyncio.wait`, `shield` and `wait_for` there is a future that
knows nothing of the tasks that complete it. To report every task that `execute` started would be wrong: one that it
does not wait for may well wait for the response.
"""

from __future__ import annotations

from llm.core.errors import ModelError


def waits_for_itself() -> ModelError:
    """Return the error of whoever would wait for a run that waits for them."""
    return ModelError(
        "execute(), or something it waits for, asked for what its own response amounts to: it cannot wait for itself"
    )


def leads_to(future: object, goal: object) -> bool:
    """Tell whether waiting for `future` is, directly or through others, waiting for `goal`."""
    ahead, seen = [future], set()
    while ahead:
        one = ahead.pop()
        if one is goal:
            return True
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            ahead += [getattr(one, "_fut_waiter", None), *getattr(one, "_children", ())]
    return False
