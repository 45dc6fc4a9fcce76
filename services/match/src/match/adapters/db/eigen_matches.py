"""Own matches, under row-level security: the policy lets through what has the asker's account on one of its sides."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Date, Integer, Select, and_, bindparam, case, func, or_, select, tuple_

from contracts.base import AccountId, MatchId
from contracts.match import MatchSoort, MatchStatus
from match.adapters.db.tables import match
from match.application.queries import EigenMatch, Stand
from match.domain.reden import REDENEN
from platformkit.clock import AMSTERDAM
from platformkit.db.sets import constant
from platformkit.db.statement import Row, Statement
from platformkit.executor import UnitOfWork

# The date comes from the context of the transaction, so that a match past its einddatum is over before the sweep (D7).
_OPEN = and_(match.c.status == constant(MatchStatus.ACTIEF), match.c.einddatum > func.app_today(type_=Date))
# Not over for longer than that: by its end, or by its einddatum when nobody ended it yet.
_NOG_TE_ZIEN = case(
    (match.c.beeindigd_op.is_(None), match.c.einddatum > bindparam("voorbij_na", type_=Date())),
    else_=match.c.beeindigd_op >= bindparam("voorbij_sinds", type_=match.c.beeindigd_op.type),
)
_ACCOUNT = bindparam("account", type_=match.c.account_a.type)
_VAN_A = match.c.account_a == _ACCOUNT
_EIGEN = select(
    match.c.match_id,
    match.c.soort,
    case((_OPEN, constant(Stand.OPEN)), else_=constant(Stand.BEEINDIGD)).label("stand"),
    match.c.reden,
    match.c.ontstaan_op,
    match.c.beeindigd_op,
    match.c.einddatum,
    case((_VAN_A, match.c.signaal_a), else_=match.c.signaal_b).label("eigen_signaal"),
    case((_VAN_A, match.c.persoon_a), else_=match.c.persoon_b).label("eigen_persoon"),
    case((_VAN_A, match.c.account_b), else_=match.c.account_a).label("partner_account"),
).where(or_(_VAN_A, match.c.account_b == _ACCOUNT), _NOG_TE_ZIEN)
_EEN: Final = Statement(_EIGEN.where(match.c.match_id == bindparam("match_id")))

_BLADZIJDE = _EIGEN.order_by(match.c.ontstaan_op.desc(), match.c.match_id.desc()).limit(
    bindparam("limiet", type_=Integer())
)
_VORIGE = match.alias("vorige")
_VERDER = tuple_(match.c.ontstaan_op, match.c.match_id) < (
    select(_VORIGE.c.ontstaan_op, _VORIGE.c.match_id).where(_VORIGE.c.match_id == bindparam("na")).scalar_subquery()
)


def _bladzijden(van: Select[Any]) -> Mapping[bool, Statement]:
    """The first page, and one that follows."""
    return {False: Statement(van), True: Statement(van.where(_VERDER))}


_BLADZIJDEN: Final = {
    None: _bladzijden(_BLADZIJDE),
    Stand.OPEN: _bladzijden(_BLADZIJDE.where(_OPEN)),
    Stand.BEEINDIGD: _bladzijden(_BLADZIJDE.where(~_OPEN)),
}


class PostgresEigenMatchRepository:
    """See `match.application.ports.EigenMatchRepository`."""

    async def bladzijde(
        self,
        work: UnitOfWork,
        account: AccountId,
        stand: Stand | None,
        *,
        voorbij_na: date,
        na: MatchId | None,
        limiet: int,
    ) -> Sequence[EigenMatch]:
        verder = {"na": na} if na else {}
        vraag = _BLADZIJDEN[stand][bool(verder)]
        gevonden = await work.rows(vraag, account=account, limiet=limiet, **_grens(voorbij_na), **verder)
        return [_match(rij) for rij in gevonden]

    async def een(
        self, work: UnitOfWork, account: AccountId, match_id: MatchId, *, voorbij_na: date
    ) -> EigenMatch | None:
        rij = await work.row(_EEN, account=account, match_id=match_id, **_grens(voorbij_na))
        return _match(rij) if rij else None


def _grens(voorbij_na: date) -> Mapping[str, date]:
    """As a day, and as the moment at which that day is over."""
    morgen = datetime.combine(voorbij_na + timedelta(days=1), time(), AMSTERDAM)
    return {"voorbij_na": voorbij_na, "voorbij_sinds": morgen}


def _match(rij: Row) -> EigenMatch:
    return EigenMatch(
        **{
            **rij,
            "soort": MatchSoort(rij.soort),
            "stand": Stand(rij.stand),
            "reden": REDENEN[rij.reden] if rij.reden else None,
        }
    )
