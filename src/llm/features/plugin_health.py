"""What is wrong with the installed plugins, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from llm.registry.hook_calls import callers_by_plugin
from llm.registry.manifest import HOOKS
from llm.registry.notices import on_one_line
from llm.registry.plugin_manager import pm
from llm.registry.plugin_sources import PluginSource
from llm.registry.plugins import DEFAULT_PLUGINS, load_plugins, loading_errors, sources

#: kind -> what one is called, and what comes of it when two plugins have the same
_CLASHES = {
    "models": (
        "model name",
        "the later one, that of {last}, answers; give the other an alias: llm aliases set NAME ID",
    ),
    "embedding_models": (
        "embedding model name",
        "that of {last} is used; give the other an alias: llm aliases set NAME ID",
    ),
    "tools": ("tool", "the one of {last} is offered as {name}_1; uninstall the plugin that you do not need"),
    "template_loaders": (
        "template prefix",
        "the one of {last} is reached as {name}_1:; uninstall what you do not need",
    ),
    "fragment_loaders": (
        "fragment prefix",
        "the one of {last} is reached as {name}_1:; uninstall what you do not need",
    ),
    "commands": ("command", "the one of {last} runs; uninstall the plugin that you do not need"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong."""

    plugin: str
    problem: str
    mend: str
    serious: bool = True


def examine(commands: Mapping[str, list[str] | Exception]) -> list[Problem]:
    """Return what is wrong with the plugins; loads them all, and asks each for everything it offers.

    `commands`: the commands that each plugin brings, in pluggy's order of calling, or what it raises.
    """
    load_plugins()
    offers = {"commands": {plugin: names for plugin, names in commands.items() if not isinstance(names, Exception)}}
    failures = [
        _failure(plugin, "register_commands", error)
        for plugin, error in commands.items()
        if isinstance(error, Exception)
    ]
    for kind, hook in HOOKS.items():
        offers[kind] = {}
        for plugin, names in _asked(kind, hook, failures):
            offers[kind].setdefault(plugin, []).extend(names)
    return [
        *_not_loaded(),
        *_names_taken(),
        *_unmet_requirements(),
        *failures,
        *(problem for kind, found in offers.items() for problem in _clashes(kind, found)),
        *_unknown_hooks(),
    ]


def number_of_plugins() -> int:
    """Return how many plugins there are besides the built-in ones."""
    return len(sources()) - len(DEFAULT_PLUGINS)


def _not_loaded() -> Iterator[Problem]:
    by_name = {source.name: source for source in sources()}
    for name, error in loading_errors().items():
        source = by_name[name]
        yield Problem(source.label, f"cannot be loaded. {on_one_line(error)}", _mend_loading(source, error))


def _mend_loading(source: PluginSource, error: BaseException) -> str:
    distribution = _distribution_name(source)
    if isinstance(error, ModuleNotFoundError) and error.name and error.name.partition(".")[0] != "llm":
        missing = error.name.partition(".")[0]
        return f"llm install {missing} (if that is the package with this module), or: llm uninstall {distribution}"
    return f"llm install -U {distribution}, or: llm uninstall {distribution}"


def _names_taken() -> Iterator[Problem]:
    from llm.registry.plugin_sources import plugins_to_load
    from llm.registry.plugins import LLM_LOAD_PLUGINS

    used: dict[str, PluginSource] = {}
    for source in plugins_to_load(LLM_LOAD_PLUGINS, ()):
        first = used.setdefault(source.name, source)
        if first is not source:
            yield Problem(
                source.label,
                f"is not loaded, because {first.label} has the same name",
                f"llm uninstall {_distribution_name(first)}, or: llm uninstall {_distribution_name(source)}",
            )


def _unmet_requirements() -> Iterator[Problem]:
    from importlib.metadata import PackageNotFoundError, version

    for source in sources():
        for requirement in _requirements(source):
            try:
                found = version(requirement.name)
            except PackageNotFoundError:
                problem = f"needs {requirement}, which is not installed"
            else:
                if requirement.specifier.contains(found, prereleases=True):
                    continue
                problem = f"needs {requirement}, but {found} is installed"
            yield Problem(
                source.label, problem, f"llm install '{requirement}', or: llm uninstall {_distribution_name(source)}"
            )


def _requirements(source: PluginSource) -> Iterator[Any]:
    parser = _requirement_parser()
    if source.distribution is None or parser is None:
        return
    for text in source.distribution.requires or ():
        try:
            requirement = parser.Requirement(text)
        except parser.InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            requirement.marker, requirement.url = None, None
            yield requirement


def _requirement_parser() -> Any:
    from importlib import import_module

    for name in ("packaging.requirements", "pip._vendor.packaging.requirements"):
        with suppress(ImportError):
            return import_module(name)
    return None


def _asked(kind: str, hook: str, failures: list[Problem]) -> Iterator[tuple[str, list[str]]]:
    callers = callers_by_plugin(hook)
    if kind == "tools":  # which are named in the order of registration, and not in that of calling
        callers = {name: callers[name] for name, _ in pm.list_name_plugin() if name in callers}
    for plugin, call in callers.items():
        names: list[str] = []
        try:
            call(register=_noting(kind, names), **({"model_aliases": []} if kind == "models" else {}))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may do anything
            failures.append(_failure(plugin, hook, error))
        yield plugin, names


def _failure(plugin: str, hook: str, error: BaseException) -> Problem:
    return Problem(_label(plugin), f"fails in {hook}. {on_one_line(error)}", _mend_hook(plugin))


def _noting(kind: str, names: list[str]) -> Callable[..., None]:
    def register(
        thing: Any, *more: Any, aliases: Iterable[str] | None = None, name: str | None = None, **_: Any
    ) -> None:
        if kind.endswith("loaders"):
            names.append(str(thing))
        elif kind == "tools":
            names.append(str((more[0] if more else name) or getattr(thing, "name", None) or thing.__name__))
        else:
            positional = more[-1] if more and isinstance(more[-1], (list, tuple)) else ()
            names.extend([str(thing.model_id), *map(str, aliases or positional)])

    return register


def _clashes(kind: str, offered: Mapping[str, list[str]]) -> Iterator[Problem]:
    what, outcome = _CLASHES[kind]
    owners: dict[str, list[str]] = {}
    for plugin, names in offered.items():
        for name in dict.fromkeys(names):
            owners.setdefault(name, []).append(plugin)
    for name, plugins in owners.items():
        if len(plugins) > 1:
            labels = " and ".join(_label(plugin) for plugin in plugins)
            yield Problem(labels, f"have the same {what}: {name}", outcome.format(last=_label(plugins[-1]), name=name))


def _unknown_hooks() -> Iterator[Problem]:
    known = {name for name, caller in vars(pm.hook).items() if getattr(caller, "spec", None) is not None}
    for name, plugin in pm.list_name_plugin():
        unknown = sorted({caller.name for caller in pm.get_hookcallers(plugin) or ()} - known)
        if unknown and name not in DEFAULT_PLUGINS:
            yield Problem(
                _label(name),
                f"implements {', '.join(unknown)}, which nobody calls",
                "Harmless. A newer version of llm, or another plugin, may call it",
                serious=False,
            )


def _mend_hook(plugin: str) -> str:
    source = next((one for one in sources() if one.name == plugin), None)
    name = plugin if source is None else _distribution_name(source)
    return f"LLM_RAISE_ERRORS=1 shows where. llm install -U {name}, or: llm uninstall {name}"


def _distribution_name(source: PluginSource) -> str:
    return source.name if source.distribution is None else str(source.distribution.metadata["Name"])


def _label(plugin: str) -> str:
    return next((source.label for source in sources() if source.name == plugin), plugin)
