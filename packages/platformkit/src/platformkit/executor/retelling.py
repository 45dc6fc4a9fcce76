"""Telling the present state of all aggregates again, page by page (D2)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from platformkit.executor.unit import UnitOfWork


@dataclass(frozen=True)
class Retold:
    """One page: how many aggregates were told, which could not be, and the id to go on after; none at the end."""

    told: int
    last: UUID | None
    unreadable: Sequence[UUID] = ()


Retell = Callable[[UnitOfWork, UUID | None, int], Awaitable[Retold]]
"""Tells the next so many aggregates after an id, in the order of ids, through the unit of work."""
