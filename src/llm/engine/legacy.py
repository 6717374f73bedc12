"""Responses rebuilt from rows of the legacy table `responses`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from llm.core.errors import UnknownModelError
from llm.core.history import History, extend
from llm.engine.prompt import Prompt
from llm.engine.snapshots import finished, parsed_datetime

if TYPE_CHECKING:
    from llm.engine.turn import _BaseResponse
    from llm.engine.worlds import AnyModel
    from llm.store.connection import HasConnection

R = TypeVar("R", bound="_BaseResponse")


def from_row(cls: type[R], db: HasConnection, row: Mapping[str, Any], *, find: str, model: AnyModel | None = None) -> R:
    """Return the finished response of a row; `find` names the look-up in `llm` for its model if none is given.

    Columns that are missing or NULL are fine, all but `id` and `model`. Raises `UnknownModelError`.
    """
    import llm
    from llm.store.legacy_responses import legacy_response

    values = dict(row)
    model = getattr(llm, find)(values["model"]) if model is None else model
    kept = legacy_response(db, values["id"], values.get("schema_id"))
    prompt = Prompt(
        values.get("prompt"),
        model,
        system=values.get("system"),
        fragments=kept.fragments,
        system_fragments=kept.system_fragments,
        attachments=kept.attachments,
        options=_decoded(values.get("options_json")) or None,
        schema=kept.schema,
        tools=kept.tools,
        tool_results=kept.tool_results,
    )
    response = finished(cls, prompt, model)
    response._chunks = [values["response"]] if values.get("response") else []
    response._tool_calls = kept.tool_calls
    response.attachments = kept.attachments
    _restore_record(response, values)
    return response


def linked_rows(
    cls: type[R], db: HasConnection, rows: Iterable[Mapping[str, Any]], *, find: str, model: AnyModel
) -> list[R]:
    """Return the responses of the rows of one conversation, oldest first, each with the whole chain as its input.

    `model` takes the place of one that is not registered any more. Options that are not valid any more are left out:
    they are not applied again anyway.
    """
    made: list[R] = []
    past: History | None = None
    for row in rows:
        answering = _registered(find, row["model"], otherwise=model)
        try:
            response = from_row(cls, db, row, find=find, model=answering)
        except (ValueError, TypeError):
            response = from_row(cls, db, {**row, "options_json": None}, find=find, model=answering)
        response.prompt._explicit_messages = extend(past, response.prompt.messages) or []
        past = response._history_now()
        made.append(response)
    return made


def _registered(find: str, model_id: str | None, *, otherwise: AnyModel) -> AnyModel:
    if model_id in (None, otherwise.model_id):
        return otherwise
    import llm

    try:
        found: AnyModel = getattr(llm, find)(model_id)
    except UnknownModelError:
        return otherwise
    return found


def _restore_record(response: _BaseResponse, values: Mapping[str, Any]) -> None:
    response.id = values["id"]
    response.response_json = _decoded(values.get("response_json"))
    response._prompt_json = _decoded(values.get("prompt_json"))
    response.resolved_model = values.get("resolved_model")
    response.set_usage(
        input=values.get("input_tokens"),
        output=values.get("output_tokens"),
        details=_decoded(values.get("token_details")),
    )
    response._start_utcnow = parsed_datetime(values.get("datetime_utc"))
    if values.get("duration_ms") is not None:
        response._start, response._end = 0.0, values["duration_ms"] / 1000


def _decoded(text: str | None) -> Any:
    """Return what a JSON column says; None where it is empty or damaged."""
    try:
        return json.loads(text) if text else None
    except (ValueError, TypeError, RecursionError):
        return None
