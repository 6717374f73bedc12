"""The fragments by which payloads are condensed in the log, which are a format on disk."""

from __future__ import annotations

import json

from llm.default_plugins import openai_models

CHAT = """{"completion_tokens_details_0": {"accepted_prediction_tokens": 0, "audio_tokens": 0,
   "reasoning_tokens": 0, "rejected_prediction_tokens": 0},
 "prompt_tokens_details_0": {"audio_tokens": 0, "cached_tokens": 0}}"""

RESPONSES = """{"tool_usage_0": {"image_gen": {"input_tokens": 0,
     "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
     "output_tokens": 0, "output_tokens_details": {"image_tokens": 0, "text_tokens": 0}, "total_tokens": 0},
   "web_search": {"num_requests": 0}},
 "input_tokens_details_0": {"cached_tokens": 0, "cache_write_tokens": 0},
 "reasoning_settings_0": {"effort": "medium", "summary": "detailed", "context": "all_turns", "mode": "standard"},
 "reasoning_settings_1": {"effort": "medium", "summary": "detailed", "context": "current_turn", "mode": "standard"},
 "text_format_0": {"format": {"type": "text"}, "verbosity": "medium"},
 "response_env_0": {"object": "response", "parallel_tool_calls": true, "temperature": 1.0, "tool_choice": "auto",
   "top_p": 1.0, "background": false, "service_tier": "default", "status": "completed", "top_logprobs": 0,
   "truncation": "disabled", "frequency_penalty": 0.0, "presence_penalty": 0.0, "store": false, "tools": []},
 "message_completed": {"role": "assistant", "status": "completed", "type": "message", "phase": "final_answer"}}"""


def test_values() -> None:
    """Names and values are those that are in databases; they are on the classes, and 1.0 is not written as 1."""
    for kind in (openai_models._Shared, openai_models.Chat, openai_models.AsyncChat, openai_models.Completion):
        assert json.dumps(kind.json_replacements) == json.dumps(json.loads(CHAT))
    for other in (openai_models._SharedResponses, openai_models.Responses, openai_models.AsyncResponses):
        assert json.dumps(other.json_replacements) == json.dumps(json.loads(RESPONSES))
