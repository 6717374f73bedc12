from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest
from ulid import ULID

from llm.core import ids
from llm.core.ids import monotonic_ulid, new_id, new_tool_call_id


def test_ids_are_ulids_in_lower_case() -> None:
    """An id is 26 lower-case characters that spell the ULID of the current time."""
    before = time.time_ns() // 1_000_000
    found = new_id()
    assert len(found) == 26
    assert found == found.lower()
    assert str(ULID.from_str(found.upper())).lower() == found
    assert before <= ULID.from_str(found.upper()).milliseconds <= time.time_ns() // 1_000_000 + 1000


def test_both_forms_count_together() -> None:
    """Ids and ULIDs come from one sequence, so their order is that of the calls."""
    found = [new_id() if turn % 2 else str(monotonic_ulid()).lower() for turn in range(1000)]
    assert found == sorted(set(found))


def test_monotonic_ulid_is_a_ulid() -> None:
    """The public function returns python-ulid's class."""
    assert type(monotonic_ulid()) is ULID


def test_tool_call_ids() -> None:
    """A tool call id is an id behind `tc_`."""
    assert new_tool_call_id().startswith("tc_")
    assert len(new_tool_call_id()) == 29


def test_the_spelling_is_that_of_python_ulid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every one of the 128 bits is spelled as python-ulid does."""
    for value in [0, 1, (1 << 128) - 1, 0x0123456789ABCDEF0123456789ABCDEF, *(1 << bit for bit in range(128))]:
        monkeypatch.setattr(ids._sequence, "next", lambda value=value: value)
        assert new_id() == str(ULID.from_bytes(value.to_bytes(16, "big"))).lower()


def test_within_a_millisecond_ids_count_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the clock stands still, or steps back, the next value is the last plus one."""
    now = 1_700_000_000_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: now)
    sequence = ids._Sequence()
    first = sequence.next()
    assert first >> 80 == now // 1_000_000
    assert sequence.next() == first + 1
    monkeypatch.setattr(time, "time_ns", lambda: now - 5_000_000_000)
    assert sequence.next() == first + 2
    monkeypatch.setattr(time, "time_ns", lambda: now + 1_000_000)
    assert sequence.next() >> 80 == now // 1_000_000 + 1


def test_a_new_millisecond_has_new_randomness(monkeypatch: pytest.MonkeyPatch) -> None:
    """The random field is drawn afresh from the system, all 80 bits of it."""
    drawn: list[int] = []

    def urandom(size: int) -> bytes:
        drawn.append(size)
        return b"\xab" * size

    monkeypatch.setattr(os, "urandom", urandom)
    assert ids._Sequence().next() & (1 << 80) - 1 == int.from_bytes(b"\xab" * 10, "big")
    assert drawn == [10]


def test_exhaustion_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the random field is used up within a millisecond there is no next id, until the clock moves on."""
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)
    sequence = ids._Sequence(last=(2 << 80) - 1)
    with pytest.raises(OverflowError):
        sequence.next()
    monkeypatch.setattr(time, "time_ns", lambda: 2_000_000)
    assert sequence.next() >> 80 == 2


def test_threads_never_share_an_id() -> None:
    """Threads that ask at the same time get different ids, each in ascending order."""
    found: list[list[str]] = [[] for _ in range(4)]

    def ask(mine: list[str]) -> None:
        mine.extend(new_id() for _ in range(2000))

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in found)
    assert len({made for mine in found for made in mine}) == 8000


def test_a_forked_process_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fork the child's ids are above all earlier ones and not the parent's next, even with a held lock."""
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)
    sequence = ids._Sequence()
    last = sequence.next()
    sequence._lock.acquire()
    sequence.fork()
    child = sequence.next()
    assert child >> 80 == (last >> 80) + 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_fork_is_noticed() -> None:
    """The sequence of the process is told about a fork."""
    program = """
import os, time
from llm.core import ids
time.time_ns = lambda: 1_000_000
ids.new_id()
reading, writing = os.pipe()
if os.fork() == 0:
    os.write(writing, ids.new_id().encode())
    os._exit(0)
os.wait()
assert os.read(reading, 26).decode() != ids.new_id()
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)


def test_new_id_does_not_import_ulid() -> None:
    """Making an id costs no import of python-ulid."""
    program = "import sys; from llm.core.ids import new_id; new_id(); assert 'ulid' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
