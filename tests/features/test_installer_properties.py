from __future__ import annotations

import json
import re
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from llm.core.errors import UserError
from llm.features.installer import Installer, remember, wanted_packages
from llm.registry.paths import INSTALLED_PLUGINS_FILE
from tests.damage import json_values, nasty_texts

PIECES = ["llm", "llm-x", "[a]", "==1", ">=2,<3", " ", "@", "git+", "https://", "user:secret@", "host/p.git", "./x",
          "-r", "--index-url", ";", "python_version", "é", "~="]  # fmt: skip
requirements = (
    st.text(max_size=12) | nasty_texts | st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
)
lenient = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(lenient, max_examples=30)
@given(asked=st.lists(requirements, max_size=4), editable=st.none() | requirements, pre=st.booleans())
@example(asked=["", " "], editable="A://[", pre=False)
@example(asked=["\x00"], editable=None, pre=True)
def test_what_was_asked_for_is_remembered(user_path: Path, asked: list[str], editable: str | None, pre: bool) -> None:
    """Any requirement is noted so that it can be read again, and never with a password in it."""
    (user_path / INSTALLED_PLUGINS_FILE).unlink(missing_ok=True)
    remember(asked, editable, pre=pre)
    found = wanted_packages()
    assert all(one.name for one in found)
    assert len(found) <= len(asked) + 1
    assert not any(re.search(r"://[^/\s]*secret@", one.requirement) for one in found)


files = st.one_of(
    st.binary(max_size=30),
    st.dictionaries(st.text(max_size=5), json_values, max_size=3).map(lambda rows: json.dumps(rows).encode()),
    json_values.map(lambda value: json.dumps({"a": {"requirement": value}}).encode()),
)


@settings(lenient, max_examples=30)
@given(content=files)
def test_any_file_of_plugins(user_path: Path, content: bytes) -> None:
    """A damaged file is an error for users, and a row that makes no sense is left out or read as far as it does."""
    (user_path / INSTALLED_PLUGINS_FILE).write_bytes(content)
    try:
        found = wanted_packages()
    except UserError:
        return
    assert all(str(value) is value for one in found for value in (one.name, one.requirement))


@given(st.lists(requirements, max_size=3), st.booleans(), st.booleans(), st.booleans())
def test_words_reach_the_installer_as_they_are(packages: list[str], is_uv: bool, upgrade: bool, force: bool) -> None:
    """What was asked for is handed on word by word, in order, whatever it looks like."""
    for line in Installer(("pip",), is_uv=is_uv).install(packages, upgrade=upgrade, force_reinstall=force):
        assert line[len(line) - len(packages) :] == packages
