"""Streaming in a program.

What a chunk costs from a model that answers at once to the consumer: time for each way of reading, and the peak of
memory for a response of a million chunks.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

from bench import memory, released, report

CHUNKS = 100_000
ROUNDS = 7
AIM = 0.5

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

#: prints how many megabytes the process has grown by at most; all chunks differ, as those of a model do
MEMORY_PROGRAM = (
    memory.PEAK
    + """
import sys
import llm

class Blocking(llm.Model):
    model_id = "blocking"
    def execute(self, prompt, stream, response, conversation):
        for number in range(1_000_000):
            yield f"w{number} "

response = Blocking().prompt("x")
before = peak()
if sys.argv[1] == "list of the strings":
    kept = [f"w{number} " for number in range(1_000_000)]
elif sys.argv[1] == "for chunk in response":
    for chunk in response:
        pass
elif sys.argv[1] == "response.messages()":
    response.messages()
else:
    for event in response.stream_events():
        pass
print(peak() - before)
"""
)
MEMORY_WAYS = ("list of the strings", "for chunk in response", "response.messages()", "response.stream_events()")


def measured(python: str) -> dict[str, float]:
    """Return microseconds per chunk for each way of reading."""
    ran = subprocess.run([python, "-c", PROGRAM], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def megabytes(python: str, way: str) -> float:
    """Return the peak of memory of one way to read a million chunks."""
    return float(subprocess.run([python, "-c", MEMORY_PROGRAM, way], capture_output=True, check=True).stdout)


def times() -> Iterator[list[str]]:
    """Measure each program twice, in turns; the better run counts."""
    ours_python, old_python = released.python(released.ours()), released.python(released.environment())
    ours, old = measured(ours_python), measured(old_python)
    ours = {way: min(time, ours[way]) for way, time in measured(ours_python).items()}
    old = {way: min(time, old[way]) for way, time in measured(old_python).items()}
    for way, time in ours.items():
        yield [f"`{way}`", f"{time:.2f} µs", f"{old[way]:.2f} µs", report.judged(time / old[way], AIM), f"{AIM}"]


def sizes() -> Iterator[list[str]]:
    """Yield the peaks of memory."""
    for way in MEMORY_WAYS:
        size, old = (megabytes(released.python(side), way) for side in (released.ours(), released.environment()))
        yield [f"`{way}`" if "." in way or "(" in way else way, f"{size:.0f} MB", f"{old:.0f} MB", f"{size / old:.2f}"]


def tables() -> Iterator[report.Table]:
    """Yield the tables."""
    about = "CPU time for each chunk, by the way a program reads a response."
    yield report.Table(about, ("way of reading", "ours", "0.36", "ratio", "aim"), times())
    about = "By how much a process grows that reads a response of a million chunks, all different."
    yield report.Table(about, ("way of reading", "ours", "0.36", "ratio"), sizes())


if __name__ == "__main__":
    report.show(tables())
