"""Plugins that add, wrap or replace commands, and a program that uses the library."""

from __future__ import annotations

from downstream import replies
from downstream.exercise import Exercise, llm, python

CMD = Exercise(
    plugin="llm-cmd",
    what="help; an answer edited with prompt_toolkit and run in the shell; default model",
    steps=(
        llm("--help", prints=("cmd", "Generate and execute commands")),
        llm("cmd", "--help", prints=("Usage: ", "--system")),
        llm(
            "cmd", "--key", "k", "say it", stdin="\x15echo peli''can\r", prints=("pelican",), asks=("gpt-4o", "say it")
        ),
    ),
    replies={"api.openai.com/v1/chat/completions": replies.openai_chat},
    user_files={"default_model.txt": "gpt-4o"},
)
JQ_PROGRAM = "#!/bin/sh\ncat\necho 'done: '$1 | head -c 9\n"
JQ = Exercise(
    plugin="llm-jq",
    what="help; writing a program, then running it (with a stand-in for jq)",
    steps=(
        llm("jq", "--help", prints=("Usage: ",)),
        llm("jq", "-m", "echo", "-o", "the names", stdin='{"a": 1}', prints=("the names", '"system"')),
        python(f"import os; open('jq', 'w').write({JQ_PROGRAM!r}); os.chmod('jq', 0o755)"),
        python(
            "import os, subprocess, sys\n"
            "os.environ['PATH'] = os.getcwd() + os.pathsep + os.environ['PATH']\n"
            "sys.exit(subprocess.run([sys.executable, '-m', 'llm', 'jq', '-m', 'echo', 'x'], "
            "input=b'{\"a\": 1}').returncode)",
            prints=('{"a": 1}',),
        ),
    ),
)
WHISPER = Exercise(
    plugin="llm-whisper-api",
    what="help; transcription by a stubbed API; no key",
    steps=(
        llm("whisper-api", "sound.mp3", prints=("Error: OpenAI API key is required",), code=1),
        llm("whisper-api", "sound.mp3", "--key", "k", prints=("what was said",), silent=True),
        llm("keys", "set", "openai", "--value", "k"),
        llm("whisper-api", "-", stdin="sound", prints=("what was said",), asks=("api.openai.com/v1/audio",)),
    ),
    replies={"api.openai.com/v1/audio/transcriptions": replies.text("what was said\n")},
    files={"sound.mp3": "ID3"},
)
ALIAS_OPTIONS = Exercise(
    plugin="llm-alias-options",
    what="its wrappers of prompt, aliases set and aliases list, its replaced registry functions",
    steps=(
        llm("aliases", "set", "warm", "gpt-4o-mini", "-o", "temperature", "0.75", prints=("with options",)),
        llm("aliases", "list", "--options", prints=("warm: gpt-4o-mini", "temperature: 0.75")),
        llm("aliases", "list"),
        llm("models", "list", prints=("warm",)),
        llm("-m", "warm", "hi", "--key", "k", prints=(replies.TEXT,), asks=('"temperature":0.75', "gpt-4o-mini")),
        llm("-m", "warm", "hi", "--key", "k", "-o", "temperature", "1", asks=('"temperature":1',)),
        llm("-m", "echo", "hi", prints=('"prompt": "hi"',)),
    ),
    replies={"api.openai.com/v1/chat/completions": replies.openai_chat},
)
UV = '#!/bin/sh\necho uv "$@"\n'  # fmt: skip
WITH_UV = (
    "import os, subprocess, sys\n"
    "open('uv', 'w').write({script!r}); os.chmod('uv', 0o755)\n"
    "os.environ['PATH'] = os.getcwd() + os.pathsep + os.environ['PATH']\n"
    "sys.exit(subprocess.run([sys.executable, '-m', 'llm', *{words!r}]).returncode)"
)
UV_TOOL = Exercise(
    plugin="llm-uv-tool",
    what="its install and uninstall in place of ours (with a stand-in for uv)",
    steps=(
        python(
            WITH_UV.format(script=UV, words=["install", "llm-jq"]),
            prints=("uv tool install --force llm==", "--with llm-jq", "--with llm-uv-tool"),
        ),
        python(
            WITH_UV.format(script=UV, words=["uninstall", "-y", "llm-jq"]), prints=("uv tool install --force llm==",)
        ),
        llm("install", "--help", prints=("Usage: ",)),
    ),
)
ARBITER = "<synthesis>Agreed</synthesis><confidence>0.9</confidence><analysis>a</analysis><dissent>d</dissent>"
MAKE_FOLDER = "import os; os.makedirs(os.path.expanduser('~/.config/io.datasette.llm'))"
CONSORTIUM = Exercise(
    plugin="llm-consortium",
    what="a consortium of two models saved, listed and prompted; its own log",
    steps=(
        python(MAKE_FOLDER),  # the plugin writes there whatever LLM_USER_PATH says, and fails without it
        llm("plugins", prints=('"llm-consortium"',)),
        llm(
            "consortium", "save", "team", "-m", "gpt-4o", "-m", "gpt-4o-mini", "--arbiter", "gpt-4.1",
            "--max-iterations", "1", prints=("saved",),
        ),
        llm("consortium", "list", prints=("Name: team",)),
        llm("models", "list", prints=("team",)),
        llm("-m", "team", "A question", prints=("from the stub",)),
        llm("logs", "-n", "1", prints=("A question",)),
    ),
    replies={"api.openai.com/v1/chat/completions": replies.openai_chat},
    environment={"OPENAI_API_KEY": "k"},
    listed=False,
    also=("llm-echo", "scikit-learn"),  # which the plugin imports without declaring it
)  # fmt: skip
DATASETTE = """
import asyncio
from datasette.app import Datasette
from datasette_llm import LLM

async def main():
    datasette = Datasette(memory=True)
    await datasette.invoke_startup()
    models = LLM(datasette)
    print([model.model_id for model in await models.models()])
    model = await models.model("echo")
    response = await model.prompt("hi")
    print(await response.text())

asyncio.run(main())
"""
DATASETTE_LLM = Exercise(
    plugin="datasette-llm",
    what="the list of async models and a prompt, from within datasette",
    steps=(python(DATASETTE, prints=("'echo'", '"prompt": "hi"')),),
    listed=False,
)
CLUSTER_WORDS = '[{"id": "a", "text": "a pelican"}, {"id": "b", "text": "a gull"}, {"id": "c", "text": "a heron"}]'
CLUSTER = Exercise(
    plugin="llm-cluster",
    what="clusters of a collection of ours, cut texts, another database; titles by models with a key and without",
    steps=(
        llm("embed-multi", "birds", "birds.json", "--store", "-m", "3-small", asks=("api.openai.com/v1/embeddings",)),
        llm("cluster", "birds", "3", prints=('"id": "a"', "a pelican", '"id": "2"'), silent=True),
        llm("cluster", "birds", "1", "--truncate", "4", prints=('"content": "a pe"', '"id": "0"'), silent=True),
        llm("cluster", "birds", "1", "--summary", "-m", "echo", prints=("Short, concise title", "a pelican")),
        llm("cluster", "birds", "1", "--summary", prints=(f'"summary": "{replies.TEXT}"',), asks=("Short, concise",)),
        llm("embed-multi", "fish", "birds.json", "-m", "3-small", "-d", "other.db"),
        llm("cluster", "fish", "2", "-d", "other.db", prints=('"content": null',), silent=True),
    ),
    replies={
        "api.openai.com/v1/embeddings": replies.openai_embeddings,
        "api.openai.com/v1/chat/completions": replies.openai_chat,
    },
    user_files={"keys.json": '{"openai": "k"}', "default_model.txt": "gpt-4o-mini"},
    files={"birds.json": CLUSTER_WORDS},
)
PYTHON = Exercise(
    plugin="llm-python",
    what="its interpreter runs code, a module and a script in our environment; its options are not taken for ours",
    steps=(
        llm("--help", prints=("python", "Run Python interpreter")),
        llm("python", "-c", "import llm; print(llm.get_model('echo').model_id)", prints=("echo",), silent=True),
        llm("python", "-m", "llm", "python", "--version", prints=("Python 3",), silent=True),
        llm("python", "script.py", "--model", "x", "-", stdin="read", prints=("['--model', 'x', '-'] read",)),
    ),
    files={"script.py": "import sys\nprint(sys.argv[1:], sys.stdin.read())\n"},
)

COMMANDS = (CMD, JQ, WHISPER, ALIAS_OPTIONS, UV_TOOL, CONSORTIUM, DATASETTE_LLM, CLUSTER, PYTHON)
