"""Plugins that load fragments and templates from elsewhere."""

from __future__ import annotations

from typing import Any

from downstream import replies
from downstream.exercise import Exercise, Step, llm

ISSUE = {
    "title": "A bug", "user": {"login": "someone"}, "body": "It fails", "created_at": "2026-01-01T00:00:00Z",
    "html_url": "https://github.com/o/r/issues/1", "state": "open",
}  # fmt: skip
MAKE_REPOSITORY = (
    "import os, subprocess as s\n"
    "os.makedirs('remote/o')\n"
    "s.run(['git', 'init', '-q', 'remote/o/r.git'], check=True)\n"
    "open('remote/o/r.git/readme.md', 'w').write('pelican facts')\n"
    "g = ['git', '-C', 'remote/o/r.git', '-c', 'user.name=x', '-c', 'user.email=x@example.com']\n"
    "s.run([*g, 'add', '.'], check=True)\n"
    "s.run([*g, 'commit', '-q', '-m', 'first'], check=True)"
)
FRAGMENTS_GITHUB = Exercise(
    plugin="llm-fragments-github",
    what="a repository by git (from a local one), an issue by a stubbed API; fragments in the log",
    steps=(
        Step(("-c", MAKE_REPOSITORY)),
        llm("fragments", "loaders", prints=("github:", "issue:", "pr:")),
        llm("-m", "echo", "-f", "github:o/r", "what", prints=("pelican facts", "what")),
        llm("-m", "echo", "-f", "issue:o/r/1", "what", prints=("A bug", "It fails", "a comment")),
        llm("-m", "echo", "-f", "issue:o/r/2", "what", prints=("Error: ",), code=1),
        llm("fragments", "list", prints=("https://github.com/o/r/issues/1", "o/r/readme.md")),
        llm("logs", "-f", "issue:o/r/1", "--short", prints=("echo",)),
    ),
    replies={
        "api.github.com/repos/o/r/issues/1": replies.fixed(ISSUE),
        "api.github.com/repos/o/r/issues/1/comments": replies.fixed(
            [{"user": {"login": "else"}, "body": "a comment", "created_at": "2026-01-01T00:00:00Z"}]
        ),
    },
    environment={
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "url.{work}/remote/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    },
)
STORY = {"author": "someone", "title": "A story", "children": [{"author": "b", "text": "<p>a comment</p>"}]}
HACKER_NEWS = Exercise(
    plugin="llm-hacker-news",
    what="a thread by a stubbed API; error of an unknown one; set and show",
    steps=(
        llm("-m", "echo", "-f", "hn:1", "what", prints=("[1] someone: A story", "[1.1] b:")),
        llm("-m", "echo", "-f", "hn:404", "what", prints=("Error: ",), code=1),
        llm("fragments", "set", "story", "hn:1"),
        llm("fragments", "show", "story", prints=("A story",), silent=True),
        llm("logs", "-n", "1", "--expand", prints=("A story",)),
    ),
    replies={"hn.algolia.com/api/v1/items/1": replies.fixed(STORY)},
)
TEMPLATES_GITHUB = Exercise(
    plugin="llm-templates-github",
    what="a template by a stubbed address: show, use with a parameter; error of an unknown one",
    steps=(
        llm("templates", "loaders", prints=("gh:",)),
        llm("templates", "show", "gh:o/poem", prints=("About $what",)),
        llm("-m", "echo", "-t", "gh:o/poem", "-p", "what", "pelicans", prints=("About pelicans", "Be brief")),
        llm("-m", "echo", "-t", "gh:o/none", prints=("Error: ",), code=1),
    ),
    replies={
        "raw.githubusercontent.com/o/llm-templates/main/poem.yaml": replies.text(
            "prompt: About $what\nsystem: Be brief\n"
        )
    },
)
TEMPLATES_FABRIC = Exercise(
    plugin="llm-templates-fabric",
    what="a template by a stubbed address: show and use",
    steps=(
        llm("templates", "show", "fabric:summarize", prints=("You summarize",)),
        llm("-m", "echo", "-t", "fabric:summarize", "the text", prints=("You summarize", "the text")),
    ),
    replies={"data/patterns/summarize/system.md": replies.text("You summarize")},
)
PACKAGE: dict[str, Any] = {
    "info": {
        "name": "birds", "version": "1.0", "summary": "All about birds", "description": "Pelicans and more",
        "license": "Apache-2.0", "bugtrack_url": None, "downloads": {"last_day": -1},
    },
    "releases": {}, "urls": [],
}  # fmt: skip
OLD_PACKAGE = {"info": {**PACKAGE["info"], "version": "0.5", "license": None}}  # as of many real packages
FRAGMENTS_PYPI = Exercise(
    plugin="llm-fragments-pypi",
    what="a package and one version of it by a stubbed index: three fragments each; error of an unknown one; the log",
    steps=(
        llm("fragments", "loaders", prints=("pypi:",)),
        llm(
            "-m", "echo", "-f", "pypi:birds", "what", silent=True,
            prints=("All about birds", "Pelicans and more", "Apache-2.0", "what"), asks=("pypi.org/pypi/birds/json",),
        ),
        llm("-m", "echo", "-f", "pypi:birds@0.5", "what", prints=("0.5",), asks=("pypi.org/pypi/birds/0.5/json",)),
        llm("-m", "echo", "-f", "pypi:none", "what", prints=("Error: ", "pypi:none"), code=1),
        llm("fragments", "list", prints=("pypi:birds/info", "pypi:birds/description", "pypi:birds@0.5/info")),
        llm("logs", "-n", "1", "--expand", prints=('"version": "0.5"',)),
        llm("logs", "-f", "pypi:birds", "--short", prints=("echo",)),
    ),
    replies={
        "pypi.org/pypi/birds/json": replies.fixed(PACKAGE),
        "pypi.org/pypi/birds/0.5/json": replies.fixed(OLD_PACKAGE),
    },
)  # fmt: skip

READER = Exercise(
    plugin="llm-fragments-reader",
    what="a page by a stubbed address, beside a file; error of an unknown one; stored under an alias; the log",
    steps=(
        llm("fragments", "loaders", prints=("reader:", "Jina Reader")),
        llm(
            "-m", "echo", "-f", "reader:https://example.com/a", "-f", "note.txt", "what", prints=("# A page", "a note")
        ),
        llm("-m", "echo", "-f", "reader:https://example.com/b", "what", prints=("Error: ", "404"), code=1),
        llm("fragments", "set", "page", "reader:https://example.com/a"),
        llm("fragments", "show", "page", prints=("# A page",), silent=True),
        llm("fragments", "list", prints=("https://r.jina.ai/https://example.com/a", "page")),
        llm("logs", "-f", "page", "--short", prints=("echo",)),
    ),
    replies={"r.jina.ai/https://example.com/a": replies.text("# A page\n")},
    files={"note.txt": "a note"},
)
SYMBEX = Exercise(
    plugin="llm-fragments-symbex",
    what="the symbols of a folder, for a prompt and as system fragment; error where there is no folder",
    steps=(
        llm("-m", "echo", "-f", "symbex:birds", "what", prints=("def fly(height: int)", "Rise")),
        llm("-m", "echo", "--sf", "symbex:birds", "what", prints=('"prompt": "what"', "def fly(height: int)")),
        llm("-m", "echo", "-f", "symbex:nowhere", "what", prints=("Error: ", "is not a directory"), code=1),
        llm("logs", "-n", "1", "--expand", prints=("def fly(height: int)",)),
    ),
    files={"birds/gull.py": 'def fly(height: int) -> None:\n    "Rise"\n'},
)
DOCS_AT = "raw.githubusercontent.com/simonw/docs-for-llms/refs/heads/main"
DOCS = Exercise(
    plugin="llm-docs",
    what="the documentation of our version, and of a package by an index, both stubbed; error of an unknown one",
    steps=(
        llm("-m", "echo", "-f", "docs:", "what", prints=("How to use it",), asks=(f"{DOCS_AT}/llm/0.",)),
        llm("-m", "echo", "-f", "docs:birds", "what", prints=("All about birds",), asks=("/birds/1.0.txt",)),
        llm("-m", "echo", "-f", "docs-preview:birds", "what", prints=("More birds",), asks=("/birds/1.1a0.txt",)),
        llm("-m", "echo", "-f", "docs:nothing", "what", prints=("Error: ", "not found in index"), code=1),
        llm("logs", "-f", "docs:birds", "--short", prints=("echo",)),
    ),
    replies={
        f"{DOCS_AT}/index.json": replies.fixed({"birds": {"stable": "1.0", "preview": "1.1a0"}}),
        f"{DOCS_AT}/llm/": replies.text("How to use it"),
        f"{DOCS_AT}/birds/1.0.txt": replies.text("All about birds"),
        f"{DOCS_AT}/birds/1.1a0.txt": replies.text("More birds"),
    },
)

DIR = Exercise(
    plugin="llm-fragments-dir",
    what="the files of a folder as fragments of their own; errors of a missing folder and of a file; the log",
    steps=(
        llm("-m", "echo", "-f", "dir:birds", "what", prints=("on gulls", "on herons", "what")),
        llm("fragments", "list", prints=("birds/gull.md", "birds/sea/heron.md")),
        llm("-m", "echo", "-f", "dir:nowhere", "what", prints=("Error: ", "does not exist"), code=1),
        llm("-m", "echo", "-f", "dir:birds/gull.md", "what", prints=("Error: ", "not a directory"), code=1),
        llm("logs", "-f", "dir:birds", "--short", prints=("echo",)),
    ),
    files={"birds/gull.md": "on gulls", "birds/sea/heron.md": "on herons"},
)

LOADERS = (
    FRAGMENTS_GITHUB, HACKER_NEWS, TEMPLATES_GITHUB, TEMPLATES_FABRIC, FRAGMENTS_PYPI, READER, SYMBEX, DOCS, DIR,
)  # fmt: skip
