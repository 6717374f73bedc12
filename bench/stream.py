"""What a streamed chunk costs, from a model that answers at once to the consumer: ours against the released program."""

from __future__ import annotations

import json
import subprocess

from bench import released

CHUNKS = 100_000
ROUNDS = 7

#: run in either environment: prints the best CPU time per chunk of each way of reading, in microseconds
PROGRAM = f"""
import asyncio, json, time
import llm

class Blocking(llm.Model):
    model_id = "blocking"
    def execute(self, prompt, stream, response, conversation):
        for _ in range({CHUNKS}):
            yield "word "

class Async(llm.AsyncModel):
    model_id = "async"
    async def execute(self, prompt, stream, response, conversation):
        for _ in range({CHUNKS}):
            yield "word "

def iterate():
    for chunk in Blocking().prompt("x"):
        pass

def events():
    for event in Blocking().prompt("x").stream_events():
        pass

def text():
    Blocking().prompt("x").text()

async def iterate_async():
    async for chunk in Async().prompt("x"):
        pass

async def events_async():
    async for event in Async().prompt("x").astream_events():
        pass

def best(function):
    times = []
    for _ in range({ROUNDS}):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times) / {CHUNKS} * 1e6

print(json.dumps({{
    "for chunk in response": best(iterate),
    "response.stream_events()": best(events),
    "response.text()": best(text),
    "async for chunk in response": best(lambda: asyncio.run(iterate_async())),
    "response.astream_events()": best(lambda: asyncio.run(events_async())),
}}))
"""


def measured(python: str) -> dict[str, float]:
    """Return microseconds per chunk for each way of reading."""
    ran = subprocess.run([python, "-c", PROGRAM], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def main() -> None:
    """Print the table; each program is measured twice, in turns, and the better run counts."""
    ours_python, old_python = released.python(released.ours()), released.python(released.environment())
    ours, old = measured(ours_python), measured(old_python)
    ours = {way: min(time, ours[way]) for way, time in measured(ours_python).items()}
    old = {way: min(time, old[way]) for way, time in measured(old_python).items()}
    print(f"{'microseconds a chunk':32}{'ours':>8}{'0.36':>8}{'ratio':>8}")
    for way, time in ours.items():
        print(f"{way:32}{time:8.2f}{old[way]:8.2f}{time / old[way]:8.2f}")


if __name__ == "__main__":
    main()
