"""The plugins among the installed distributions, as something that can be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from llm.registry.distributions import entry_points, metadata_folders, normalised, only_folders

if TYPE_CHECKING:
    from importlib.metadata import Distribution


class DistributionOnDemand:
    """A distribution whose metadata is read when somebody asks for it; then it is like `importlib.metadata`'s own."""

    __slots__ = ("_folder",)

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def __getattr__(self, name: str) -> Any:
        from importlib.metadata import Distribution

        return getattr(Distribution.at(self._folder), name)


AnyDistribution: TypeAlias = "Distribution | DistributionOnDemand"


class InstalledPlugin(NamedTuple):
    """An entry point, `name = value`, and the distribution that declares it."""

    name: str
    value: str
    distribution: AnyDistribution | None

    @property
    def module(self) -> str:
        """The module that the entry point is, or is in."""
        return self.value.partition("[")[0].partition(":")[0].strip()

    def load(self) -> object:
        """Import what the value, `MODULE` or `MODULE:ATTRIBUTE.ATTRIBUTE`, stands for."""
        found: object = import_module(self.module)
        attributes = self.value.partition("[")[0].partition(":")[2].strip()
        for attribute in filter(None, attributes.split(".")):
            found = getattr(found, attribute)
        return found


def installed_plugins(group: str) -> Iterator[InstalledPlugin]:
    """Yield the entry points of a group, distributions in the order of `sys.path`."""
    if not only_folders():
        from importlib import metadata

        for entry_point in metadata.entry_points(group=group):
            yield InstalledPlugin(entry_point.name, entry_point.value, entry_point.dist)
        return
    for folder in metadata_folders().values():
        yield from _plugins_in(folder, group)


def plugins_of(distribution: str, group: str) -> list[InstalledPlugin] | None:
    """Return the entry points of a group that this distribution declares; None if it is not installed."""
    if only_folders():
        folder = metadata_folders().get(normalised(distribution))
        return None if folder is None else list(_plugins_in(folder, group))
    from importlib.metadata import Distribution, PackageNotFoundError

    try:
        found = Distribution.from_name(distribution)
    except PackageNotFoundError:
        return None
    return [InstalledPlugin(point.name, point.value, found) for point in found.entry_points if point.group == group]


def _plugins_in(folder: str, group: str) -> Iterator[InstalledPlugin]:
    for name, value in entry_points(folder, group):
        yield InstalledPlugin(name, value, DistributionOnDemand(folder))
