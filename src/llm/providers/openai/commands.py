"""The command group `llm openai`."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import click

from llm.core.text import dicts_to_table_string, escape_controls
from llm.engine.keyed import Keyed

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
    found = _fetch(_Account().get_key(key) or "")
    if json_:
        click.echo(json.dumps(found, indent=4))
        return
    for line in dicts_to_table_string(_COLUMNS, [_row(model) for model in found if isinstance(model, dict)]):
        click.echo(line)


class _Account(Keyed):
    """The user's account at OpenAI."""

    needs_key = "openai"
    key_env_var = "OPENAI_API_KEY"


def _fetch(key: str) -> list[Any]:
    import os

    import httpx2

    from llm.providers.openai.settings import BASE_URL_VARIABLE, DEFAULT_BASE_URL

    base = os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
    try:
        reply = httpx2.get(f"{base.rstrip('/')}/models", headers={"Authorization": f"Bearer {key}"}, timeout=_TIMEOUT)
    except httpx2.HTTPError as error:
        raise click.ClickException(f"No answer from {base}: {error}") from error
    if reply.status_code != 200:
        raise click.ClickException(f"Error {reply.status_code} from {base}: {escape_controls(reply.text)}")
    try:
        found = reply.json()["data"]
    except (ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"The answer from {base} is no list of models") from error
    return found if isinstance(found, list) else []


def _row(model: dict[str, Any]) -> dict[str, str]:
    created = model.get("created")
    shown = ""
    if isinstance(created, (int, float)):
        shown = datetime.fromtimestamp(created, tz=timezone.utc).isoformat()
    return {"id": str(model.get("id") or ""), "owned_by": str(model.get("owned_by") or ""), "created": shown}
