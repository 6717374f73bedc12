"""Plugins with tools, called by the model of llm-echo, which does what its prompt says."""

from __future__ import annotations

import json
from typing import Any

from downstream.exercise import Exercise, Step, llm, python


def calling(tool: str, call: str, arguments: dict[str, Any], *prints: str) -> Step:
    """Offer a tool, have it called, and see its result come back to the model."""
    prompt = json.dumps({"tool_calls": [{"name": call, "arguments": arguments}]})
    return llm("-m", "echo", "-T", tool, "--td", prompt, prints=("Tool call: ", *prints))


ECHO = Exercise(
    plugin="llm-echo",
    what="prompt, system prompt, async, continued, tools; logs",
    steps=(
        llm("-m", "echo", "hi", "-s", "Be terse", prints=('"prompt": "hi"', '"system": "Be terse"'), silent=True),
        llm("-m", "echo", "--async", "hi", prints=('"prompt": "hi"',), silent=True),
        llm("-c", "again", prints=('"prompt": "again"', '"previous"')),
        calling("llm_version", "llm_version", {}, '"name": "llm_version"'),
        llm("logs", "-n", "1", "--json", prints=('"tool_results"', "llm_version")),
    ),
    also=(),
)
SIMPLE_EVAL = Exercise(
    plugin="llm-tools-simpleeval",
    what="list, call from a model, logs",
    steps=(
        llm("tools", "list", prints=("simple_eval(expression: str) -> str (plugin: tools_simpleeval)",)),
        calling("simple_eval", "simple_eval", {"expression": "6 * 7"}, "42"),
        llm("logs", "-n", "1", prints=("simple_eval", "42")),
        llm("logs", "-T", "simple_eval", "--short", prints=("echo",)),
    ),
)
CREATE = "import sqlite3; d = sqlite3.connect('dogs.db'); d.execute('create table dogs(name)');"
SQLITE = Exercise(
    plugin="llm-tools-sqlite",
    what="a toolbox with a configuration: list, call, continue with it",
    steps=(
        python(f"{CREATE} d.execute(\"insert into dogs values ('Cleo')\"); d.commit()"),
        llm("tools", "list", prints=("SQLite:", "query(sql: str) -> str")),
        calling('SQLite("dogs.db")', "SQLite_query", {"sql": "select name from dogs"}, "Cleo"),
        llm("-c", "and", prints=('"prompt": "and"',)),
        calling('SQLite({"path": "dogs.db"})', "SQLite_schema", {}, "CREATE TABLE", "dogs"),
    ),
)
QUICKJS = Exercise(
    plugin="llm-tools-quickjs",
    what="a function and a toolbox that keeps state between two calls of one chain",
    steps=(
        calling("quickjs", "quickjs", {"javascript": "function execute() { return 4 * 5 }"}, "20"),
        llm(
            "-m", "echo", "-T", "QuickJS", "--td",
            json.dumps({"tool_calls": [
                {"name": "QuickJS_execute_javascript", "arguments": {"javascript": "var n = 40; n"}},
                {"name": "QuickJS_execute_javascript", "arguments": {"javascript": "n + 2"}},
            ]}),
            prints=("40", "42"),
        ),
    ),
)  # fmt: skip

MCP_SERVER = """
from mcp.server.fastmcp import FastMCP

server = FastMCP("stub")

@server.tool()
def reverse(text: str) -> str:
    "Turn a text round"
    return text[::-1]

server.run()
"""
MCP_CONFIGURATION = {"mcpServers": {"stub": {"type": "stdio", "command": "{python}", "args": ["server.py"]}}}
WRITE_CONFIGURATION = (
    "import json, sys\n"
    f"text = {json.dumps(json.dumps(MCP_CONFIGURATION))}.replace('{{python}}', sys.executable)\n"
    "open('mcp.json', 'w').write(text)"
)
MCP = Exercise(
    plugin="llm-tools-mcp",
    what="a toolbox that finds its tools in a real MCP server on standard input and output",
    steps=(
        python(WRITE_CONFIGURATION),
        llm("tools", "list", prints=("MCP",)),
        calling("MCP", "reverse", {"text": "pelican"}, "nacilep"),
        llm("logs", "-n", "1", prints=("reverse", "nacilep")),
    ),
    environment={"LLM_TOOLS_MCP_CONFIG_DIR": "{work}"},
    also=("llm-echo", "mcp<2"),  # the plugin imports a name that mcp 2 no longer has
    files={"server.py": MCP_SERVER},
)

TOOLS = (ECHO, SIMPLE_EVAL, SQLITE, QUICKJS, MCP)
