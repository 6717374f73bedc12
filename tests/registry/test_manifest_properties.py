from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zlib import crc32

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm.registry import manifest_file
from llm.registry.manifest import Manifest, PluginRecord
from tests.damage import damaged, json_values

lenient = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def cache_in(folder: Path) -> manifest_file.Cache:
    cache = manifest_file.Cache({"e": "s"}, began=0)
    cache.path = folder / "m.json"
    return cache


@settings(lenient, max_examples=40)
@given(data=st.data(), sealed=st.booleans())
def test_any_file_is_a_manifest_or_none(tmp_path: Path, data: st.DataObject, sealed: bool) -> None:
    """A damaged manifest is as good as none, also one whose checksum is right."""
    cache = cache_in(tmp_path)
    cache.stamps = {}
    manifest_file.write(cache, Manifest([PluginRecord("p")]))
    valid: Any = json.loads(cache.path.read_bytes().rpartition(b"\n")[0]) if cache.path.exists() else {"plugins": []}
    text = json.dumps(data.draw(damaged(valid) | json_values)).encode()
    cache.path.write_bytes(
        data.draw(st.binary(max_size=30)) if not sealed else text + b"\n" + f"{crc32(text):x}".encode()
    )
    for found in (manifest_file.read(cache), manifest_file.earlier(cache)):
        assert found is None or isinstance(found, Manifest)
