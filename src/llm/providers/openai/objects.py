"""What comes back from a model API: JSON objects with attribute access, as the OpenAI SDK gives them.

A pydantic model for each chunk of a stream costs more than all the rest of its way. Here the dictionary that the JSON
parser made becomes the object's own `__dict__`, so an attribute costs as little as it can in Python. Fields that are
declared but absent are class attributes with the value None. The rows are in `llm.providers.openai.shapes`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    Convert = Callable[[Any], Any]


EXACT = 2**53  # the whole numbers up to here are exact as float


class ApiObject:
    """A JSON object. Declared fields that are absent or null read as None, members that are not declared as they are.

    Attributes can be assigned, and show in dumps. Iterating gives the name/value pairs of a dump, undumped.
    """

    __slots__ = ("__dict__", "__weakref__", "_request_header")

    _fields: ClassVar[tuple[str, ...]] = ()
    _converts: ClassVar[tuple[tuple[str, Convert], ...]] = ()

    if TYPE_CHECKING:
        _request_header: str | None

        def __getattr__(self, name: str) -> Any: ...

    @classmethod
    def of(cls, data: dict[str, Any]) -> ApiObject:
        """Make the object of parsed JSON, which is used up."""
        new = cls.__new__(cls)
        new.__dict__ = data
        for name, convert in cls._converts:
            value = data.get(name)
            if value is not None:
                data[name] = convert(value)
        return new

    @property
    def _request_id(self) -> str | None:
        """The `x-request-id` header, on a whole reply."""
        return getattr(self, "_request_header", None)

    @property
    def model_extra(self) -> dict[str, Any]:
        """The members that are not declared."""
        return {name: value for name, value in self.__dict__.items() if name not in self._fields}

    @property
    def model_fields_set(self) -> set[str]:
        """The names of the declared fields that are present."""
        return {name for name in self._fields if name in self.__dict__}

    def model_dump(
        self,
        *,
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        **_pydantic: Any,
    ) -> dict[str, Any]:
        """Return plain data: declared fields in their order, absent ones as None, then the other members.

        `exclude_none` leaves out None at every level, `exclude_unset` and `exclude_defaults` what is absent; `include`
        and `exclude` are names of members of this object. Pydantic's other keywords are accepted and change nothing.
        """
        dumped = self._dump(unset=not (exclude_unset or exclude_defaults), none=not exclude_none)
        return {
            name: value
            for name, value in dumped.items()
            if (include is None or name in include) and (exclude is None or name not in exclude)
        }

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """Return `model_dump` as JSON text."""
        separators = (",", ":") if indent is None else None
        return json.dumps(self.model_dump(**options), indent=indent, separators=separators, ensure_ascii=False)

    def to_dict(self, *, exclude_unset: bool = True, **options: Any) -> dict[str, Any]:
        """Return what the reply had, without the declared fields that it lacks."""
        return self.model_dump(exclude_unset=exclude_unset, **options)

    def to_json(self, *, indent: int | None = 2, exclude_unset: bool = True, **options: Any) -> str:
        """Return `to_dict` as JSON text."""
        return self.model_dump_json(indent=indent, exclude_unset=exclude_unset, **options)

    def __iter__(self) -> Iterator[Any]:
        return self._pairs()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ApiObject) or type(self) is not type(other):
            return NotImplemented
        return dict(self._pairs()) == dict(other._pairs())

    __hash__ = None  # type: ignore[assignment]  # equal objects may change

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._pairs())})"

    def _pairs(self) -> Iterator[tuple[str, Any]]:
        data = self.__dict__
        for name in self._fields:
            yield name, data.get(name)
        yield from self.model_extra.items()

    def _dump(self, *, unset: bool, none: bool) -> dict[str, Any]:
        data = self.__dict__
        dumped = {}
        for name in (*self._fields, *self.model_extra):
            if name in data:
                value = _plain(data[name], unset=unset, none=none)
                if none or value is not None:
                    dumped[name] = value
            elif unset and none:
                dumped[name] = None
        return dumped


def _plain(value: Any, *, unset: bool, none: bool) -> Any:
    if isinstance(value, ApiObject):
        return value._dump(unset=unset, none=none)
    if isinstance(value, dict):
        return {key: _plain(item, unset=unset, none=none) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, unset=unset, none=none) for item in value]
    return value


def declare(name: str, fields: str = "", /, **converts: Convert) -> type[ApiObject]:
    """Make the class for one kind of object: its declared fields in dump order, and how values at some places convert.

    For the module `shapes`, which gives the class its own name, so that pickle finds it.
    """
    names = tuple(fields.split())
    namespace: dict[str, Any] = {
        **dict.fromkeys(names),
        "__slots__": (),
        "__module__": "llm.providers.openai.shapes",
        "_fields": names,
        "_converts": tuple(converts.items()),
    }
    return type(name, (ApiObject,), namespace)


def one(kind: type[ApiObject]) -> Convert:
    """Convert a JSON object; other values stay."""
    of = kind.of
    return lambda value: of(value) if type(value) is dict else value


def many(kind: type[ApiObject]) -> Convert:
    """Convert the objects of a list."""
    return each(one(kind))


def each(convert: Convert) -> Convert:
    """Convert the items of a list; other values stay."""
    return lambda value: [convert(item) for item in value] if type(value) is list else value


def by_type(kinds: Mapping[str, type[ApiObject]], otherwise: type[ApiObject]) -> Convert:
    """Convert a JSON object according to its member `type`."""

    def convert(value: Any) -> Any:
        if type(value) is not dict:
            return value
        name = value.get("type")
        kind = kinds.get(name, otherwise) if isinstance(name, str) else otherwise
        return kind.of(value)

    return convert


def to_float(value: Any) -> Any:
    """Convert a whole number, where that loses nothing; other values stay."""
    return float(value) if isinstance(value, int) and -EXACT <= value <= EXACT else value


def values(convert: Convert) -> Convert:
    """Convert the values of a JSON object, which stays a dictionary."""
    return lambda value: {key: convert(item) for key, item in value.items()} if type(value) is dict else value
