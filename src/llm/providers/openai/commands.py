"""The command group `llm openai`."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from llm.core.text import dicts_to_table_string, escape_controls
from llm.engine.keyed import Keyed

if TYPE_CHECKING:
    import httpx2

_COLUMNS = ["id", "owned_by", "created"]
_TIMEOUT = 30.0
_HELP_NAMES = {"help_option_names": ["-h", "--help"]}


@click.group("openai", context_settings=_HELP_NAMES)
def openai_group() -> None:
    """Commands for OpenAI, and for other servers that speak its API."""


@openai_group.command("models", context_settings=_HELP_NAMES)
@click.option("json_", "--json", is_flag=True, help="Print the models as JSON")
@click.option("--key", help="API key, or the name of a stored one")
def models(json_: bool, key: str | None) -> None:
    """List the models that OpenAI offers you.

    The key is that of --key, else the stored key "openai", else OPENAI_API_KEY.
    """
    found = _fetched(_Account().get_key(key) or "")
    if json_:
        click.echo(json.dumps(found, indent=4))
        return
    for line in dicts_to_table_string(_COLUMNS, [_row(model) for model in found if isinstance(model, dict)]):
        click.echo(escape_controls(line) if _on_terminal() else line)


class _Account(Keyed):
    """The user's account at OpenAI."""

    needs_key = "openai"
    key_env_var = "OPENAI_API_KEY"


def _fetched(key: str) -> list[Any]:
    """Ask for the models that this key can use. Raises `click.ClickException`, which shows neither key nor password."""
    import httpx2

    from llm.providers.http.masking import without_secrets
    from llm.providers.openai.settings import sendable

    address = _address()
    shown = address.copy_with(userinfo=b"")
    try:
        headers = {"Authorization": sendable("API key", f"Bearer {key}")}
        reply = httpx2.get(address, headers=headers, timeout=_TIMEOUT)
    except httpx2.HTTPError as error:
        raise click.ClickException(f"No answer from {shown}: {error}") from error
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if reply.status_code != 200:
        said = escape_controls(without_secrets(reply.text, headers))
        raise click.ClickException(f"Error {reply.status_code} from {shown}: {said}")
    try:
        found = reply.json()["data"]
    except (ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"The answer from {shown} is no list of models") from error
    return found if isinstance(found, list) else []


def _address() -> httpx2.URL:
    import os

    import httpx2

    from llm.providers.openai.settings import BASE_URL_VARIABLE, DEFAULT_BASE_URL

    base = os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
    try:
        return httpx2.URL(f"{base.rstrip('/')}/models")
    except httpx2.InvalidURL as error:
        raise click.ClickException(f"{BASE_URL_VARIABLE} is no address of a server: {error}") from error


def _row(model: dict[str, Any]) -> dict[str, str]:
    named = {name: str(model.get(name) or "") for name in ("id", "owned_by")}
    return {**named, "created": _time(model.get("created"))}


def _time(seconds: Any) -> str:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return ""
    try:
        return datetime.fromtimestamp(seconds, tz=timezone.utc).isoformat()
    except (ValueError, OverflowError, OSError):  # no time that the platform can express
        return ""


def _on_terminal() -> bool:
    return sys.stdout.isatty()
