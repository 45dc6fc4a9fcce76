"""Own matches, under row-level security: the policy lets through what has the asker's account on one of its sides."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Row, Select, and_, case, func, or_, select, tuple_

from contracts.match import MatchReden, MatchSoort, MatchStatus
from match.adapters.db.tables import match
from match.application.queries import EigenMatch, Stand
from platformkit.executor import UnitOfWork

# The date comes from the context of the transaction, so that a match past its einddatum is over before the sweep (D7).
_OPEN = and_(match.c.status == MatchStatus.ACTIEF.value, match.c.einddatum > func.app_today(type_=Date))


def _eigen(account: UUID) -> Select[Any]:
    van_a = match.c.account_a == account
    return select(
        match.c.match_id,
        match.c.soort,
        case((_OPEN, Stand.OPEN.value), else_=Stand.BEEINDIGD.value).label("stand"),
        match.c.reden,
        match.c.ontstaan_op,
        match.c.beeindigd_op,
        match.c.einddatum,
        case((van_a, match.c.signaal_a), else_=match.c.signaal_b).label("eigen_signaal"),
        case((van_a, match.c.persoon_a), else_=match.c.persoon_b).label("eigen_persoon"),
        case((van_a, match.c.account_b), else_=match.c.account_a).label("partner_account"),
    ).where(or_(van_a, match.c.account_b == account))


class DatabaseLezen:
    """See `match.application.queries.Lezen`."""

    async def eigen_matches(
        self, work: UnitOfWork, account: UUID, stand: Stand | None, na: UUID | None, limiet: int
    ) -> Sequence[EigenMatch]:
        plaats = tuple_(match.c.ontstaan_op, match.c.match_id)
        vraag = _eigen(account).order_by(match.c.ontstaan_op.desc(), match.c.match_id.desc()).limit(limiet)
        if stand is not None:
            vraag = vraag.where(_OPEN if stand is Stand.OPEN else ~_OPEN)
        if na is not None:
            vorige = match.alias("vorige")
            vraag = vraag.where(
                plaats
                < select(vorige.c.ontstaan_op, vorige.c.match_id).where(vorige.c.match_id == na).scalar_subquery()
            )
        return [_match(row) for row in await work.connection.execute(vraag)]

    async def eigen_match(self, work: UnitOfWork, account: UUID, match_id: UUID) -> EigenMatch | None:
        row = (await work.connection.execute(_eigen(account).where(match.c.match_id == match_id))).one_or_none()
        return _match(row) if row else None


def _match(row: Row[Any]) -> EigenMatch:
    ruw = EigenMatch._make(row)
    return ruw._replace(
        soort=MatchSoort(ruw.soort),
        stand=Stand(ruw.stand),
        reden=MatchReden(ruw.reden) if ruw.reden else None,
    )
