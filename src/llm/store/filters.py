"""Which turns and legacy responses a listing wants, and the SQL conditions that say so.

Both generations of tables are asked the same questions; the two tables of conditions below stand side by side for
that reason. Every value is a variable of the statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from llm.store.reading import ONE_OF, json_list

Condition = tuple[str, tuple[object, ...]]

# Results that a provider produced itself stand in assistant messages; nobody fed them to the model.
# The joins say their order: without statistics, newer versions of SQLite would read all parts in the order of a UNION.
_FED_RESULT = """turns.parent_message_hash IN (
    WITH fed(hash) AS (
        SELECT parts.message_hash FROM parts
        CROSS JOIN messages ON messages.hash = parts.message_hash AND messages.role IS NOT 'assistant'
        WHERE parts.type = 'tool_result'{name})
    SELECT hash FROM fed
    UNION ALL
    SELECT messages.hash FROM fed CROSS JOIN messages ON messages.parent_hash = fed.hash AND messages.role = 'user')"""

# The same asked of each turn: faster where few turns are looked at. Most have no results, and need no look at messages.
_WAS_FED_RESULT = """EXISTS (
    SELECT 1 FROM parts CROSS JOIN messages ON messages.hash = parts.message_hash AND messages.role IS NOT 'assistant'
    WHERE parts.message_hash IN (
        turns.parent_message_hash,
        (SELECT asked.parent_hash FROM messages AS asked
         WHERE asked.hash = turns.parent_message_hash AND asked.role = 'user'))
    AND parts.type = 'tool_result'{name})"""

_TURNS = {
    "either_model": "(turns.model = ? OR turns.resolved_model = ?)",
    "model": "turns.model = ?",
    "resolved_model": "(turns.resolved_model = ? AND turns.model IS NOT ?)",
    "thread_id": "turns.thread_id = ?",
    "schema_id": "turns.schema_id = ?",
    "id_gt": "turns.id > ?",
    "id_gte": "turns.id >= ?",
    "ids": f"turns.id {ONE_OF}",
    "fragment": """turns.id IN (
        SELECT turn_fragments.turn_id FROM fragments
        JOIN turn_fragments ON turn_fragments.fragment_id = fragments.id
        WHERE fragments.hash = ?)""",
    "tool": _FED_RESULT.format(name=" AND parts.tool_name = ?"),
    "any_tools": _FED_RESULT.format(name=""),
}
_FEW_TURNS = {
    **_TURNS,
    "tool": _WAS_FED_RESULT.format(name=" AND parts.tool_name = ?"),
    "any_tools": _WAS_FED_RESULT.format(name=""),
}

_RESPONSES = {
    "either_model": "(responses.model = ? OR responses.resolved_model = ?)",
    "model": "responses.model = ?",
    "resolved_model": "(responses.resolved_model = ? AND responses.model IS NOT ?)",
    "thread_id": "responses.conversation_id = ?",
    "schema_id": "responses.schema_id = ?",
    "id_gt": "responses.id > ?",
    "id_gte": "responses.id >= ?",
    "ids": f"responses.id {ONE_OF}",
    "fragment": """responses.id IN (
        SELECT prompt_fragments.response_id FROM prompt_fragments
        JOIN fragments ON fragments.id = prompt_fragments.fragment_id WHERE fragments.hash = ?
        UNION
        SELECT system_fragments.response_id FROM system_fragments
        JOIN fragments ON fragments.id = system_fragments.fragment_id WHERE fragments.hash = ?)""",
    "tool": """responses.id IN (
        SELECT tool_results.response_id FROM tool_results
        JOIN tools ON tools.id = tool_results.tool_id WHERE tools.name = ?)""",
    "any_tools": "responses.id IN (SELECT tool_results.response_id FROM tool_results)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilters:
    """What to list. All conditions must hold; the defaults ask for everything, newest first."""

    count: int | None = None  #: at most so many; None, 0 and less: all
    query: str | None = None  #: FTS5 query over prompts and responses
    latest: bool = False  #: with a query: newest first instead of best match first
    model_id: str | None = None  #: `model` or `resolved_model`
    thread_id: str | None = None
    fragment_hashes: tuple[str, ...] = ()  #: used all of these, in the prompt or the system prompt
    tool_names: tuple[str, ...] = ()  #: was fed a result of each of these tools
    any_tools: bool = False  #: was fed a result of any tool
    schema_id: str | None = None
    id_gt: str | None = None
    id_gte: str | None = None
    ids: tuple[str, ...] = ()  #: one of these; empty: no such condition

    @property
    def limit(self) -> int:
        """The value of a LIMIT clause: -1 for no limit."""
        return self.count if self.count is not None and self.count > 0 else -1

    @property
    def ranked(self) -> bool:
        """Whether the best match comes first."""
        return bool(self.query) and not self.latest

    @property
    def wants_newest_results(self) -> bool:
        """Whether a few turns with results of tools are asked for, the newest first."""
        return self.limit > 0 and not self.query and bool(self.tool_names or self.any_tools)

    @property
    def wants_best_matches(self) -> bool:
        """Whether a few matches are asked for, the best of all."""
        return self.limit > 0 and self.ranked and self == LogFilters(count=self.count, query=self.query)

    def turn_conditions(self, *, few: bool = False) -> list[list[Condition]]:
        """Return the conditions on the table `turns`: one of the lists must hold, and no two can.

        `few`: in a way that is best for a short range of ids.
        """
        return self._conditions(_FEW_TURNS if few else _TURNS)

    def legacy_conditions(self) -> list[list[Condition]]:
        """Return the conditions on the table `responses` likewise."""
        return self._conditions(_RESPONSES)

    def _conditions(self, known: dict[str, str]) -> list[list[Condition]]:
        wanted = list(self._wanted())
        if not self.model_id:
            alternatives = [wanted]
        else:
            # Each of the two names has an index in the order of the ids, which is read as far as is necessary.
            names = ("either_model",) if self.query else ("model", "resolved_model")
            alternatives = [[(name, (self.model_id,)), *wanted] for name in names]
        return [[(known[name], values * known[name].count("?")) for name, values in found] for found in alternatives]

    def _wanted(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        for name in ("thread_id", "schema_id", "id_gt", "id_gte"):
            value = getattr(self, name)
            if value:
                yield name, (value,)
        if self.ids:
            yield "ids", (json_list(self.ids),)
        for fragment in self.fragment_hashes:
            yield "fragment", (fragment,)
        for tool in self.tool_names:
            yield "tool", (tool,)
        if self.any_tools:
            yield "any_tools", ()
