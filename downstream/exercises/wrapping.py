"""Plugins that change what our own commands or models do, and commands that prompt through the library."""

from __future__ import annotations

from downstream import replies
from downstream.exercise import Exercise, Step, llm, python

PROMPT_JSON = Exercise(
    plugin="llm-prompt-json",
    what="finds our --json and leaves prompt alone: JSON of a prompt, a conversation, an async one",
    steps=(
        llm("-m", "echo", "hi", "--json", prints=('"conversation_id"', '"model": "echo"', '"prompt": "hi"')),
        llm("-c", "again", "--json", prints=('"prompt": "again"',)),
        llm("-m", "echo", "--async", "hi", "--json", prints=('"prompt": "hi"',)),
        llm("-m", "echo", "hi", prints=('"prompt": "hi"',), silent=True),
    ),
)
MODEL_FILTER = Exercise(
    plugin="llm-model-filter",
    what="its commands in our group of models, its wrapper of models list",
    steps=(
        llm("models", "star", "echo", prints=("Starred echo",), silent=True),
        llm("models", "list", prints=("gpt-4o",), silent=True),
        llm("models", "config", "starred-only", prints=("starred-only",)),
        python(
            "import subprocess, sys\n"
            "shown = subprocess.check_output([sys.executable, '-m', 'llm', 'models'], text=True)\n"
            "print('only echo' if 'echo' in shown and 'gpt-4o' not in shown else shown)",
            prints=("only echo",),
        ),
        llm("models", "list", "--all", prints=("gpt-4o", "echo")),
        llm("models", "--help", prints=("star", "unstar", "default")),
        llm("models", "unstar", "echo", prints=("Unstarred echo",)),
        llm("models", "default", "echo"),
        llm("hi", prints=('"prompt": "hi"',)),
    ),
)
ALL_ASYNC = Exercise(
    plugin="llm-all-models-async",
    what="async models made of all that are only blocking, in a hook that comes last: streamed, whole, continued; logs",
    steps=(
        llm("models", "list", "--async", prints=("Llamafile: llamafile",)),
        llm("-m", "llamafile", "--async", "Stream", prints=(replies.TEXT,), silent=True, asks=('"stream":true',)),
        llm("-m", "llamafile", "--async", "--no-stream", "One", prints=(replies.TEXT,), asks=("One",)),
        llm("-c", "--async", "Two", prints=(replies.TEXT,), asks=("One", replies.TEXT, "Two")),
        llm("logs", "-n", "1", prints=("Two", replies.TEXT)),
        llm("-m", "llamafile", "Blocking", prints=(replies.TEXT,), silent=True),
        llm("-m", "gpt-4o-mini", "--async", "hi", "--key", "k", prints=(replies.TEXT,), asks=("api.openai.com",)),
    ),
    replies={"/chat/completions": replies.openai_chat},
    environment={"OPENAI_API_KEY": "k"},
    also=("llm-echo", "llm-llamafile"),
)
SORT = Exercise(
    plugin="llm-sort",
    what="lines from a file and from standard input, by answers to many prompts; no key; nothing to sort",
    steps=(
        llm("sort", "-q", "x", "names.txt", prints=("Error: No key found",), code=1),
        llm("keys", "set", "openai", "--value", "k"),
        llm("sort", "-q", "best for a pelican", "names.txt", prints=("Percy\nGus\n",), asks=("best for a pelican",)),
        llm("sort", "-q", "best", "--method", "allpair", "--top-k", "1", stdin="Gus\nPercy\n", prints=("Percy\n",)),
        llm("sort", "-q", "best", "-m", "echo", "--method", "sliding", "names.txt", prints=("Gus\nPercy\n",)),
        llm("sort", "-q", "best", stdin="", prints=("No input lines provided.",)),
    ),
    replies={
        # The first line that it shows is line A: who is Percy, is better.
        "api.openai.com/v1/chat/completions": lambda request: replies.saying(
            "Line A" if b"Line A:\\nPercy" in request.body else "Line B"
        )(request)
    },
    user_files={"default_model.txt": "gpt-4o-mini"},
    files={"names.txt": "Gus\nPercy\n"},
)
MAKE_CHANGES = (
    "import subprocess as s\n"
    "s.run(['git', 'init', '-q'], check=True)\n"
    "open('readme.md', 'w').write('pelican facts')\n"
    "s.run(['git', 'add', '.'], check=True)"
)
SHOW_COMMIT = "import subprocess as s; print(s.check_output(['git', 'log', '--format=%s'], text=True))"
GIT_COMMIT = Exercise(
    plugin="llm-git-commit",
    what="a commit whose message comes from the default model, with a stored key; its settings; an unknown model",
    steps=(
        Step(("-c", MAKE_CHANGES)),
        llm("git-commit", "--help", prints=("--staged", "config")),
        llm("git-commit", "--yes", "-m", "nothing-like-it", prints=("not recognized",)),
        llm("git-commit", "--yes", stdin="y\nn\n", prints=(replies.TEXT,), asks=("pelican facts", "gpt-4o-mini")),
        python(SHOW_COMMIT, prints=(replies.TEXT,)),
        llm("git-commit", "config", "--model", "echo"),
        llm("git-commit", "config", "--view", prints=("echo",)),
    ),
    replies={"api.openai.com/v1/chat/completions": replies.openai_chat},
    environment={
        "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@example.com", "GIT_COMMITTER_NAME": "x",
        "GIT_COMMITTER_EMAIL": "x@example.com",
    },
    user_files={"keys.json": '{"openai": "k"}', "default_model.txt": "gpt-4o-mini"},
)  # fmt: skip

OP = "#!/bin/sh\nif [ \"$1\" = read ]; then echo key-of-the-vault; else echo '{}'; fi\n"
INSTALL_OP = (
    "import os\n"
    "os.makedirs(os.path.expanduser('~/.local/bin'))\n"
    f"open(os.path.expanduser('~/.local/bin/op'), 'w').write({OP!r})\n"
    "os.chmod(os.path.expanduser('~/.local/bin/op'), 0o755)"
)
ONE_PASSWORD = Exercise(
    plugin="llm-1password",
    what="its get_key in place of ours, for prompts and embeddings (with a stand-in for op); keys without it; commands",
    steps=(
        llm("-m", "gpt-4o-mini", "hi", prints=("Error: No key found",), code=1),
        python(INSTALL_OP),
        llm("1password", "set", "openai", "op://vault/openai/key", prints=("Registered openai",)),
        llm("1password", "check", prints=("openai OK",)),
        llm("-m", "gpt-4o-mini", "hi", prints=(replies.TEXT,), silent=True),
        llm("embed", "-m", "3-small", "-c", "text", prints=("[1.0, 2.0, 0.0]",)),
        llm("1password", "unset", "openai", prints=("Unset openai",)),
        llm("-m", "gpt-4o-mini", "hi", prints=("Error: No key found",), code=1),
        llm("-m", "gpt-4o-mini", "hi", "--key", "k", prints=(replies.TEXT,), silent=True),
    ),
    replies={
        "api.openai.com/v1/chat/completions": replies.openai_chat,
        "api.openai.com/v1/embeddings": replies.openai_embeddings,
    },
)
CHANGE_MORE = (
    "open('readme.md', 'a').write('\\nand gulls'); import subprocess as s; s.run(['git', 'add', '.'], check=True)"
)
GIT = Exercise(
    plugin="llm-git",
    what="commits and a description of what is staged, by the default model with a stored key and another; its prompts",
    steps=(
        Step(("-c", MAKE_CHANGES)),
        llm("git", "--help", prints=("commit", "describe-staged")),
        llm("git", "describe-staged", prints=("Staged changes:", "pelican facts", replies.TEXT), asks=("gpt-4o-mini",)),
        llm("git", "commit", "--no-edit", prints=(replies.TEXT,), asks=("pelican facts",)),
        python(SHOW_COMMIT, prints=(replies.TEXT,)),
        Step(("-c", CHANGE_MORE)),
        llm("git", "-m", "echo", "commit", "--no-edit", prints=("and gulls",)),
        llm("git", "dump-prompts", prints=("commit_message",)),
        llm("git", "commit", prints=("Error: Prompt is empty",), code=1),
    ),
    replies={"api.openai.com/v1/chat/completions": replies.openai_chat},
    environment=GIT_COMMIT.environment,
    user_files=GIT_COMMIT.user_files,
)

WRAPPING = (PROMPT_JSON, MODEL_FILTER, ALL_ASYNC, SORT, GIT_COMMIT, ONE_PASSWORD, GIT)
