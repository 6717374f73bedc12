"""Files that users name where other names can stand as well: aliases, prefixes of plugins, texts."""

from __future__ import annotations

import os


def is_readable(name: str) -> bool:
    """Tell whether there is something to read at a path: a file, a device, or a pipe such as the shell's `<(command)`.

    A folder is none, and a text that is too long for a path, or could be none, is the name of nothing.
    """
    # os.path and not pathlib, which raises for a text that is too long
    return os.path.exists(name) and not os.path.isdir(name)  # noqa: PTH110, PTH112 - see above
