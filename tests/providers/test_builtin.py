"""The built-in tools."""

import inspect
import json
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from importlib.metadata import version

import pytest

from llm.core.tools import Tool
from llm.providers import builtin
from llm.providers.builtin import llm_time, llm_version

WINTER = datetime(2026, 1, 15, 12, 30, 45, 250, tzinfo=timezone.utc)
SUMMER = datetime(2026, 7, 15, 12, 30, 45, tzinfo=timezone.utc)


class FixedClock(datetime):
    moment = WINTER

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return cls.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FixedClock]]:
    monkeypatch.setattr(builtin, "datetime", FixedClock)
    monkeypatch.setattr(FixedClock, "moment", WINTER)
    yield FixedClock
    monkeypatch.undo()
    time.tzset()


def in_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()


def test_version_is_that_of_the_distribution() -> None:
    """`llm_version` returns the installed version."""
    assert llm_version() == version("llm")


def test_time_values(monkeypatch: pytest.MonkeyPatch, clock: type[FixedClock]) -> None:
    """`llm_time` returns exactly these keys, in this order and format, for one moment."""
    in_zone(monkeypatch, "Asia/Kolkata")
    assert json.dumps(llm_time()) == json.dumps(
        {
            "utc_time": "2026-01-15 12:30:45 UTC",
            "utc_time_iso": "2026-01-15T12:30:45.000250+00:00",
            "local_timezone": "IST",
            "local_time": "2026-01-15 18:00:45",
            "timezone_offset": "UTC+05:30",
            "is_dst": False,
        }
    )


@pytest.mark.parametrize(
    ("zone", "moment", "offset", "dst"),
    [
        ("UTC", WINTER, "UTC+00:00", False),
        ("America/New_York", WINTER, "UTC-05:00", False),
        ("America/New_York", SUMMER, "UTC-04:00", True),
        ("America/St_Johns", WINTER, "UTC-03:30", False),
        ("Europe/Berlin", SUMMER, "UTC+02:00", True),
        ("Asia/Kathmandu", WINTER, "UTC+05:45", False),
    ],
)
def test_offsets(
    monkeypatch: pytest.MonkeyPatch, clock: type[FixedClock], zone: str, moment: datetime, offset: str, dst: bool
) -> None:
    """Offsets have sign, hours and minutes as clocks do, on both sides of Greenwich and in summer time."""
    in_zone(monkeypatch, zone)
    clock.moment = moment
    result = llm_time()
    assert (result["timezone_offset"], result["is_dst"]) == (offset, dst)


def test_whole_seconds_keep_their_microseconds(clock: type[FixedClock]) -> None:
    """The ISO form always has six digits of microseconds."""
    clock.moment = SUMMER
    assert llm_time()["utc_time_iso"] == "2026-07-15T12:30:45.000000+00:00"


def test_descriptions_schemas_and_signatures_are_fixed() -> None:
    """Descriptions and schemas enter tool hashes; signatures are printed by listings."""
    tools = [Tool.function(llm_version), Tool.function(llm_time)]
    assert [tool.description for tool in tools] == [
        "Return the installed version of llm",
        "Returns the current time, as local time and UTC",
    ]
    assert [json.dumps(tool.input_schema) for tool in tools] == ['{"properties": {}, "type": "object"}'] * 2
    assert [str(inspect.signature(f)) for f in (llm_version, llm_time)] == ["() -> str", "() -> dict"]
    assert {f.__module__ for f in (llm_version, llm_time)} == {"llm.tools"}
