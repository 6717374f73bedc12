"""Names that are imported when somebody asks for them (PEP 562).

Importing `llm` must cost next to nothing, and yet `llm.Model` has to be the very class. A façade module therefore
holds a table of names and their homes, and this function turns the table into the module's `__getattr__`. It is the
only import trick in the tree; everything inside the package imports from the homes.
"""

import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def attach(
    facade: str, homes: "Mapping[str, str]", *, submodules: "Sequence[str]" = ()
) -> "tuple[Callable[[str], object], Callable[[], list[str]]]":
    """Return `__getattr__` and `__dir__` for the module `facade`.

    `homes` maps each public name to the module that defines it, to `module:name` where the name differs there, or to
    `module:` where it stands for the module itself.
    `submodules` are importable as attributes too (`llm.parts` after a bare `import llm`). What was resolved is kept in
    the module, so a name costs one dictionary look-up from the second access on and can be replaced like any other
    attribute. Reloading the façade forgets what was resolved before.
    """
    namespace = sys.modules[facade].__dict__
    for name in homes:
        namespace.pop(name, None)
    namespace.setdefault("__all__", sorted(name for name in homes if not name.startswith("_")))  # for `import *`

    def __getattr__(name: str) -> object:  # noqa: N807 - becomes the module's own
        if name in submodules:
            return import_module(f"{facade}.{name}")
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {facade!r} has no attribute {name!r}", name=name, obj=sys.modules[facade])
        module, separator, attribute = home.partition(":")
        found = import_module(module)
        value: object = found if separator and not attribute else getattr(found, attribute or name)
        namespace[name] = value
        return value

    def __dir__() -> list[str]:  # noqa: N807
        return sorted({*namespace, *homes, *submodules})

    return __getattr__, __dir__
