"""What is known of matches, in PostgreSQL."""

from collections.abc import Collection, Mapping
from typing import Final

from contracts.base import MatchId
from notificatie.adapters.db.tables import match_stand
from notificatie.application.ports import Matchstand
from platformkit.executor import UnitOfWork
from platformkit.executor.projection import Projection

# After a restore match tells on from the next multiple of 2^32 (its generation).
_STANDEN: Final = Projection(match_stand, jump=2**40)


class PostgresMatchstandRepository:
    """See `notificatie.application.ports.MatchstandRepository`."""

    async def bewaar(self, work: UnitOfWork, standen: Collection[Matchstand]) -> Mapping[MatchId, bool]:
        stored = await _STANDEN.store(work, [vars(stand) for stand in standen])
        return {MatchId(each): before is not None for each, before in stored.items()}
