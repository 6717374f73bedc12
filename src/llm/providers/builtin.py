"""The tools that come with the package.

Their docstrings are their descriptions and enter the hashes under which the log knows them: do not reword them.
"""

from datetime import datetime, timedelta, timezone


def llm_version() -> str:
    """Return the installed version of llm"""
    from importlib.metadata import version

    return version("llm")


def llm_time() -> dict:  # type: ignore[type-arg]  # listings show the annotation as it stands
    """Returns the current time, as local time and UTC"""
    from time import localtime

    utc = datetime.now(timezone.utc)
    local = utc.astimezone()
    return {
        "utc_time": utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "utc_time_iso": utc.isoformat(timespec="microseconds"),
        "local_timezone": local.tzname(),
        "local_time": local.strftime("%Y-%m-%d %H:%M:%S"),
        "timezone_offset": f"UTC{_offset(local.utcoffset() or timedelta())}",
        "is_dst": localtime(utc.timestamp()).tm_isdst > 0,
    }


def _offset(offset: timedelta) -> str:
    """Return the offset as `+05:30`. The sign is apart, as a negative timedelta counts back from whole days."""
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"{'-' if offset < timedelta() else '+'}{hours:02}:{minutes:02}"


llm_version.__module__ = llm_time.__module__ = "llm.tools"
