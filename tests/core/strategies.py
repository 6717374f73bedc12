"""Messages made at random, for the tests of what is written and read back."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from llm.core.attachments import Attachment
from llm.core.messages import Message
from llm.core.parts import AttachmentPart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart

texts = st.text(max_size=8)
names = st.none() | texts
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=4,
)
objects: st.SearchStrategy[dict[str, Any]] = st.dictionaries(texts, json_values, max_size=3)
metadata = st.none() | st.dictionaries(texts, json_values, min_size=1, max_size=2)
filled = st.none() | st.text(min_size=1, max_size=8)
attachments = st.builds(
    Attachment, type=filled, path=filled, url=filled, content=st.none() | st.binary(min_size=1, max_size=8)
)
parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(TextPart, text=texts, provider_metadata=metadata),
    st.builds(ReasoningPart, text=texts, redacted=st.booleans(), provider_metadata=metadata),
    st.builds(
        ToolCallPart,
        name=texts,
        arguments=objects,
        tool_call_id=names,
        server_executed=st.booleans(),
        provider_metadata=metadata,
    ),
    st.builds(
        ToolResultPart,
        name=texts,
        output=texts,
        tool_call_id=names,
        server_executed=st.booleans(),
        attachments=st.lists(attachments, max_size=2),
        exception=names,
        provider_metadata=metadata,
    ),
    st.builds(AttachmentPart, attachment=st.none() | attachments, provider_metadata=metadata),
)
messages = st.builds(Message, role=texts, parts=st.lists(parts, max_size=3), provider_metadata=metadata)
