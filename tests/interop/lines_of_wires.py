"""Compared command lines that send requests: to OpenAI's APIs, to servers of users, to addresses of files."""

from __future__ import annotations

from typing import Any

from tests.interop.command_line import FILES, Group, Line, llm

OPENAI = {"OPENAI_BASE_URL": "{server}/v1", "OPENAI_API_KEY": "sk-key"}
CALL = 'call upper {"text": "abc"}'
MEDIA = {
    **FILES,
    "a.pdf": "%PDF-1.4\n%\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n",
    "a.wav": "RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00",
    "schema.json": '{"type": "object", "properties": {"name": {"type": "string"}}}',
}


def ask(*words: str, **named: Any) -> Line:
    """Make a line whose requests for OpenAI go to the server of the comparison."""
    return Line(words, environment=OPENAI, **named)


CHAT = Group(
    "chat completions",
    (
        ask("-m", "4o-mini", "hi"),
        ask("-m", "4o-mini", "hi", "-s", "be brief", "--no-stream"),
        ask("-m", "4o-mini", "hi", "--async", "-u"),
        ask("-m", "gpt-4o", "hi", "-o", "temperature", "0.5", "-o", "max_tokens", "9", "-o", "top_p", "0.1"),
        ask("-m", "gpt-4o", "hi", "-o", "frequency_penalty", "1", "-o", "presence_penalty", "-1", "-o", "seed", "3"),
        ask("-m", "gpt-4o", "hi", "-o", "stop", "x", "-o", "logit_bias", '{"5": 3}', "-o", "json_object", "1"),
        ask("-m", "gpt-4o", "hi", "-o", "logit_bias", "no"),
        ask("-m", "gpt-4o", "hi", "-o", "temperature", "5"),
        ask("-m", "gpt-4o", "hi", "-o", "service_tier", "flex"),
        ask("-m", "gpt-4o", "hi", "--schema", "name, age int"),
        ask("-m", "gpt-4o", "hi", "--schema-multi", "name", "--no-stream"),
        ask("-m", "gpt-4o", "hi", "--schema-multi", "name, age int"),
        ask("-m", "gpt-4o", CALL, "-T", "upper"),
        ask("-m", "gpt-4o", CALL, "-T", "upper", "--no-stream", "--td"),
        ask("-m", "gpt-4o", CALL, "-T", "upper", "-T", "Box", "-T", "llm_version", "--async"),
        ask("-m", "gpt-4o", 'call twice {"n": 4}', "--functions", "code.py", "-s", "sys", "-o", "seed", "1"),
        ask("-m", "gpt-4o", "call nothing", "-T", "upper"),
        ask("-m", "gpt-4o", "call failing", "-T", "failing"),
        ask("-m", "gpt-4o", "hi", "-a", "p.png"),
        ask("-m", "gpt-4o", "hi", "-a", "p.png", "-a", "{server}/picture.png", "-o", "image_detail", "low"),
        ask("-m", "gpt-4o", "hi", "-a", "a.pdf"),
        ask("-m", "gpt-4o", "hi", "-a", "a.wav"),
        ask("-m", "gpt-4o", "-a", "p.png"),
        ask("-m", "gpt-4o", "hi", "-f", "frag.txt", "--sf", "frag.txt", "-s", "sys"),
        ask("-m", "gpt-4o", stdin="from standard input\n"),
        ask("-m", "gpt-4o", "first", "-s", "system one"),
        ask("-c", "second"),
        ask("-c", CALL, "-T", "upper"),
        ask("-c", "fourth"),
        ask("-c", "fifth", "-m", "4o-mini", "-o", "seed", "2"),
        ask("-m", "gpt-4o", "hi", "-R", "-n"),
        ask("-m", "gpt-4o", ""),
        ask("-m", "gpt-4o", "hi", "--key", "sk-other"),
        ask("chat", "-m", "gpt-4o", "-s", "sys", stdin="one\ntwo\nquit\n"),
        ask("chat", "-m", "gpt-4o", "-T", "upper", "-o", "seed", "1", stdin=f"{CALL}\nagain\nquit\n"),
        ask("chat", "-c", stdin="more\nquit\n"),
        llm("-m", "gpt-4o", "hi", environment={"OPENAI_BASE_URL": "{server}/v1", "OPENAI_API_KEY": ""}),
        ask("keys", "set", "openai", "--value", "sk-stored"),
        ask("-m", "gpt-4o", "hi"),
        ask("logs", "-n", "3", "--json"),
        ask("logs", "-n", "2", "-u"),
    ),
    MEDIA,
)
RESPONSES = Group(
    "responses",
    (
        ask("-m", "gpt-5-mini", "hi"),
        ask("-m", "gpt-5-mini", "hi", "--no-stream", "-s", "sys"),
        ask("-m", "gpt-5-mini", "hi", "-R"),
        ask("-m", "gpt-5-mini", "hi", "--async", "-u"),
        ask("-m", "gpt-5.5", "hi", "-o", "reasoning_effort", "low", "-o", "verbosity", "high"),
        ask("-m", "gpt-5.5", "hi", "-o", "reasoning_effort", "none", "-R"),
        ask("-m", "gpt-5.5", "hi", "-o", "reasoning_summary", "detailed", "-o", "max_tokens", "5"),
        ask("-m", "gpt-5.5", "hi", "-o", "reasoning_effort", "odd"),
        ask(
            "-m", "gpt-5.5", "hi", "-o", "temperature", "1", "-o", "top_p", "0.5", "-o", "seed", "1", "-o", "stop", "x"
        ),
        ask("-m", "gpt-5.5", "hi", "-o", "json_object", "1", "-o", "service_tier", "flex"),
        ask("-m", "gpt-5.5", "hi", "-o", "chat_completions", "1", "-o", "reasoning_effort", "low"),
        ask("-m", "gpt-5.5", "hi", "-o", "chat_completions", "1", "--schema", "name, age int", "-s", "sys"),
        ask("-m", "gpt-5.5", "hi", "--schema", "name, age int"),
        ask("-m", "gpt-5.5", "hi", "--schema", "schema.json", "-o", "verbosity", "low"),
        ask("-m", "gpt-5.5", CALL, "-T", "upper"),
        ask("-m", "gpt-5.5", CALL, "-T", "upper", "--no-stream"),
        ask("-m", "gpt-5.5", "hi", "-a", "p.png", "-o", "image_detail", "original"),
        ask("-m", "gpt-5.5", "hi", "-a", "a.pdf", "-a", "{server}/picture.png"),
        ask("-m", "o3-mini", "hi", "-a", "p.png"),
        ask("-m", "o1", "hi"),
        ask("-m", "gpt-5.5", "first", "-s", "sys"),
        ask("-c", "second"),
        ask("-c", CALL, "-T", "upper"),
        ask("-c", "fourth", "-m", "gpt-4o"),
        ask("-c", "fifth", "-m", "gpt-5.5"),
        ask("-m", "gpt-5.6-luna", "hi"),
        ask("the default model"),
        ask("chat", "-m", "gpt-5-nano", stdin="one\ntwo\nquit\n"),
        ask("logs", "-n", "2", "--json"),
        ask("logs", "-n", "1"),
    ),
    MEDIA,
)
SERVER_TOOLS = Group(
    "server-side tools",
    (
        ask("-m", "gpt-5.5", CALL, "-T", "upper", "-T", "WebSearch", "--td"),
        ask("-m", "gpt-5.5", "hi", "-T", "CodeInterpreter"),
        ask("-m", "gpt-5.5", "hi", "-T", 'ServerSideTool({"spec": {"type": "odd"}})'),
        ask("-m", "gpt-5.5", "hi", "-T", 'WebSearch(search_context_size="low")'),
        ask("-m", "gpt-4o", "hi", "-T", "WebSearch"),
        ask("-c", "and again"),
        ask("-c", CALL, "-T", "upper"),
    ),
    tables_differ="python-api 10: the descriptions of server-side tools are in other words",
)
OTHERS = Group(
    "completions, embeddings, failures",
    (
        ask("-m", "3.5-instruct", "hi"),
        ask("-m", "3.5-instruct", "hi", "--no-stream", "-o", "max_tokens", "3", "-o", "logprobs", "2"),
        ask("-m", "3.5-instruct", "hi", "-s", "sys"),
        ask("-m", "3.5-instruct", "one"),
        ask("-c", "two"),
        ask("embed", "-m", "3-small", "-c", "text"),
        ask("embed", "-m", "3-small-512", "-c", "text"),
        ask("embed", "-m", "ada", "-c", "text", "--key", "sk-other"),
        ask("embed-multi", "many", "items.csv", "-m", "3-large-256"),
        ask("embed-multi", "many", "items.csv", "-m", "3-large-256"),
        ask("similar", "many", "-c", "query"),
        ask("-m", "gpt-4o", "fail 401"),
        ask("-m", "gpt-4o", "fail 400", "--async"),
        ask("-m", "gpt-4o", "fail 429"),
        ask("-m", "gpt-5.5", "fail 404"),
        ask("-m", "gpt-5.5", "fail 500", "--no-stream"),
        ask("-m", "gpt-4o", "hi", "-a", "p.png"),
        ask("-m", "gpt-4o", "hi", "--at", "p.png", "image/jpeg"),
        ask("logs", "-n", "0", "-s", improves="logs 3: the same file under another type keeps the type of each turn"),
    ),
    {**FILES, "items.csv": "id,text\n1,one\n2,twenty\n"},
    tables_differ="openai 17: the usage of completions is recorded",
)
EXTRA_MODELS = """
- {model_id: plain, model_name: plain-name, api_base: "{server}/v1"}
- {model_id: full, model_name: full-name, api_base: "{server}/v1/", aliases: [f, ff], vision: true, audio: true,
   supports_schema: true, supports_tools: true, reasoning: true, service_tier: true}
- {model_id: keyed, model_name: keyed-name, api_base: "{server}/v1", api_key_name: mykey, headers: {x-mine: yes-mine}}
- {model_id: whole, model_name: whole-name, api_base: "{server}/v1", can_stream: false}
- {model_id: resp, model_name: resp-name, api_base: "{server}/v1", responses: true, reasoning: true,
   supports_tools: true}
- {model_id: comp, model_name: comp-name, api_base: "{server}/v1", completion: true}
- {model_id: loose, model_name: loose-name, api_base: "{server}/v1", vision: 1, supports_tools: "yes", can_stream: "no"}
- {model_id: official, model_name: gpt-x}
"""
EXTRA = Group(
    "extra models",
    (
        llm("models", "list", "-m", "plain", "-m", "full", "-m", "resp", "-m", "comp"),
        llm("-m", "plain", "hi", environment={"OPENAI_API_KEY": "sk-never"}),
        llm("-m", "plain", "hi", "-o", "seed", "1", "-s", "sys"),
        llm("-m", "plain", "hi", "--key", "sk-given", improves="openai 5: `--key` goes to a server without key, too"),
        llm("-m", "f", "hi", "-a", "p.png", "-a", "a.wav", "-o", "reasoning_effort", "high"),
        llm("-m", "ff", CALL, "-T", "upper", "-o", "service_tier", "priority"),
        llm("-m", "full", "hi", "--schema", "name, age int"),
        llm("-m", "keyed", "hi"),
        llm("keys", "set", "mykey", "--value", "sk-mine"),
        llm("-m", "keyed", "hi"),
        llm("-m", "keyed", "hi", "--async"),
        llm("-m", "whole", "hi"),
        llm("-m", "resp", CALL, "-T", "upper"),
        llm("-m", "resp", "hi", "-o", "reasoning_effort", "low", "-R"),
        llm("-m", "comp", "hi"),
        llm("-m", "comp", "hi", "--async"),
        llm("-m", "loose", "hi", "-a", "p.png"),
        llm("-m", "loose", "hi", "-T", "upper"),
        ask("-m", "official", "hi"),
        llm("-m", "plain", "one", "-s", "sys"),
        llm("-c", "two"),
        llm("chat", "-m", "plain", stdin="one\ntwo\nquit\n"),
        llm("logs", "-n", "1", "--json", improves="openai 17: the model that the API names is recorded"),
        llm("openai", "endpoint", "{server}/v1", "-m", "x", "hi"),
        llm("openai", "endpoint", "{server}/v1", "-m", "x", "hi", "-s", "sys", "-o", "reasoning_effort", "low"),
        llm("openai", "endpoint", "{server}/v1", "-m", "x", "hi", "--responses", "-o", "reasoning_effort", "low"),
        llm("openai", "endpoint", "{server}/v1", "-m", "x", CALL, "-T", "upper", "--no-stream"),
        llm("openai", "endpoint", "{server}/v1", "-m", "x", "hi", "-a", "p.png", "--schema", "name, age int"),
        llm("openai", "endpoint", "{server}/v1", "-m", "x", "hi", "--key", "mykey", "-H", "x-mine", "1"),
        llm("openai", "endpoint", "{server}/v1", "--models"),
        llm("openai", "endpoint", "{server}/v1", "--models", "--key", "abc"),
        llm("openai", "endpoint", "{server}/v1", "hi"),
        llm("openai", "endpoint", "{server}/v1", "-m", "x", stdin="from standard input"),
        llm("openai", "endpoint", "{server}/v1", "-m", "x", "fail 400"),
        llm("openai", "endpoint", "{server}/nothing", "--models"),
        llm("openai", "endpoint", "{server}/v1", "-m", "x", "-t", "sum", "hi"),
        llm("openai", "endpoint", "{server}/v1", "-m", "x", "--models", "hi"),
    ),
    MEDIA,
    {"extra-openai-models.yaml": EXTRA_MODELS, "templates/sum.yaml": 'prompt: "Sum: $input"\nsystem: sy\n'},
    tables_differ="openai 17: the model that the API names is recorded",
)
ADDRESSES = Group(
    "addresses",
    (
        llm("-m", "say", "hi", "-f", "{server}/fragment.txt"),
        llm("-m", "say", "hi", "-f", "{server}/fragment.txt", "--sf", "{server}/page.html"),
        llm("-m", "say", "hi", "-f", "{server}/moved.txt"),
        llm("-m", "say", "hi", "-t", "{server}/template.yaml"),
        llm("-m", "say", "hi", "-t", "{server}/broken.yaml"),
        llm("-m", "say", "hi", "-t", "{server}/nothing.yaml"),
        llm("-m", "say", "hi", "--schema", "t:{server}/template.yaml"),
        llm("-m", "say", "hi", "-a", "{server}/picture.png"),
        llm("-m", "say", "hi", "--at", "{server}/picture.png", "image/png"),
        llm("-m", "say", "hi", "--at", "{server}/nothing.png", "image/png"),
        llm("-m", "say", "hi", "-a", "{server}/nothing.png"),
        llm("-m", "say", "hi", "-a", "{server}/video.mp4"),
        llm("-m", "say", "hi", "-a", "{server}/broken"),
        llm("-m", "say", "hi", "-a", "nowhere://x"),
        llm("fragments", "set", "far", "{server}/fragment.txt"),
        llm("fragments", "list", "-q", "far"),
        llm("-m", "say", "hi", "-f", "far"),
        llm("fragments", "show", "{server}/page.html"),
        llm("fragments", "show", "{server}/fragment.txt"),
        llm("templates", "show", "{server}/template.yaml"),
        llm("chat", "-m", "say", stdin="!fragment {server}/fragment.txt\nquit\n"),
        llm("logs", "-n", "1", "-e"),
        llm("logs", "-f", "{server}/fragment.txt", "-s"),
        llm("embed", "-m", "len", "-i", "{server}/fragment.txt"),
    ),
    FILES,
)
