"""The one kind of statement and of row: written in SQLAlchemy Core, compiled once, carried out by the driver.

Carried out by SQLAlchemy each one is looked up, bound and its rows wrapped anew, which costs three times what the driver
does (docs/performance.md).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from pydantic_core import to_json
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import dialect


def to_text(value: object) -> str:
    """A value as JSON."""
    return to_json(value).decode()


_DIALECT = dialect(json_serializer=to_text)  # type: ignore[no-untyped-call]


class Row(asyncpg.Record):
    """A row, whose columns are attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Statement:
    """A statement whose parameters are `bindparam`s, named in each call; values that stand in it are kept.

    Raises:
        ValueError: a list of values, which is another statement for each length: see `sets.one_of`.
    """

    def __init__(self, statement: Executable) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        self.text = str(compiled)
        if compiled.post_compile_params:
            raise ValueError("a list of values is another statement for each length: see `one_of`")
        # What has no value must be given: left out it would be a null, which finds nothing.
        self._kept = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        processors = compiled._bind_processors  # noqa: SLF001 -- what a value becomes on its way to the driver
        self._names: Sequence[str] = compiled.positiontup or ()
        self._processors = [processors.get(name) for name in self._names]
        self._known = frozenset(self._names)

    def arguments(self, given: Mapping[str, object]) -> list[object]:
        """What the driver is given, in the order of the statement.

        Raises:
            KeyError: a parameter is missing.
            TypeError: it has no parameter of that name; ignored, a condition that was meant would not hold.
        """
        if not given.keys() <= self._known:
            raise TypeError(f"no parameter {', '.join(sorted(given.keys() - self._known))}")
        values = (given[name] if name in given else self._kept[name] for name in self._names)
        return [value if make is None else make(value) for value, make in zip(values, self._processors, strict=True)]
