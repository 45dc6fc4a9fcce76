"""The read side: each query with the context that its asker has."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.signaal import Organisatiesoort
from platformkit.clock import Clock, today
from platformkit.db.context import DatabaseContext
from platformkit.db.prepared import Prepared, Row
from platformkit.db.sets import one_of
from platformkit.db.tables import audit
from platformkit.executor import Executor
from signaal.adapters.db.rows import KOLOMMEN, uit_rij
from signaal.adapters.db.tables import (
    account,
    convenant_gemeente,
    gemeente,
    locatie,
    organisatie,
    organisatie_alias,
    signaal,
)
from signaal.application import contexts
from signaal.application.queries import Locatie, Organisatie, SignaalMetNamen
from signaal.domain.gebied import Gebied
from signaal.domain.signaal import Account

_ORGANISATIES = 200


class DatabaseLezen:
    """Implements the port Lezen."""

    def __init__(self, executor: Executor, clock: Clock) -> None:
        self._executor = executor
        self._clock = clock

    async def account_van(self, issuer: str, subject: str, organisatie_id: UUID) -> Account | None:
        """See the port."""

        async def lees(connection: AsyncConnection) -> Sequence[Row]:
            return await _ACCOUNT.rows(connection, issuer=issuer, subject=subject, organisatie=organisatie_id)

        rijen = await self._executor.read(lees, contexts.identificatie(today(self._clock)))
        if not rijen:
            return None
        (rij,) = rijen
        return Account(
            account_id=rij.account_id,
            professional_id=rij.professional_id,
            organisatie=rij.organisatie,
            organisatienaam=rij.organisatienaam,
            organisatiesoort=Organisatiesoort(rij.organisatiesoort),
            landelijk=rij.landelijk,
            locatie=rij.locatie,
            locatienaam=rij.locatienaam,
            gemeente=rij.gemeente,
            gebied=Gebied(rij.convenant, frozenset(rij.gemeenten), dict(rij.opvolgers or {})),
        )

    async def eigen_signalen(self, account_id: UUID, na: UUID | None, limiet: int) -> Sequence[SignaalMetNamen]:
        """See the port."""
        query = _signalen(account_id).order_by(signaal.c.id.desc()).limit(limiet)
        if na is not None:
            query = query.where(signaal.c.id < na)
        rijen = await self._alle(query, contexts.professional(account_id, today(self._clock)))
        return [_met_namen(rij) for rij in rijen]

    async def eigen_signaal(self, account_id: UUID, signaal_id: UUID) -> SignaalMetNamen | None:
        """See the port."""
        query = _signalen(account_id).where(signaal.c.id == signaal_id)
        rij = await self._een(query, contexts.professional(account_id, today(self._clock)))
        return _met_namen(rij) if rij else None

    async def bestaat_signaal(self, persoon_ref: UUID) -> bool:
        """See the port.

        brp-proxy asks this fifteen minutes after it gave out the reference, and lets the person go when the answer is no
        (D1). A signal that is being committed at this very instant is invisible to us, so the answer is only right
        because there can be none: the transaction that issues refuses a reference older than five minutes, and the
        database ends it within a minute after that (`transaction_timeout` in SignaalRepository.voeg_toe).
        """
        query = select(exists().where(signaal.c.persoon_ref == persoon_ref))
        rij = await self._een(query, contexts.dienst("brp-proxy", today(self._clock)))
        return bool(rij and rij[0])

    async def organisaties(self, naam: str) -> Sequence[Organisatie]:
        """See the port."""
        query = select(organisatie.c.id, organisatie.c.naam, organisatie.c.soort)
        if naam:
            alias = exists().where(
                organisatie_alias.c.organisatie == organisatie.c.id,
                organisatie_alias.c.alias.icontains(naam, autoescape=True),
            )
            query = query.where(or_(organisatie.c.naam.icontains(naam, autoescape=True), alias))
        context = contexts.beheer(today(self._clock))
        gevonden = await self._alle(query.order_by(organisatie.c.naam).limit(_ORGANISATIES), context)
        plaatsen = await self._alle(
            select(locatie).where(locatie.c.organisatie.in_([rij.id for rij in gevonden])).order_by(locatie.c.naam),
            context,
        )
        locaties: dict[UUID, list[Locatie]] = defaultdict(list)
        for rij in plaatsen:
            locaties[rij.organisatie].append(Locatie(rij.id, rij.naam, rij.gemeente, rij.convenant))
        return [Organisatie(rij.id, rij.naam, rij.soort, locaties[rij.id]) for rij in gevonden]

    async def gebruikt(self, account_id: str, uitkomsten: Sequence[str] | None, seconden: int) -> int:
        """See the port."""
        vanaf = self._clock.now() - timedelta(seconds=seconden)

        async def tel(connection: AsyncConnection) -> Sequence[Row]:
            if uitkomsten is None:
                return await _GEBRUIKT.rows(connection, actor=account_id, vanaf=vanaf)
            return await _GEBRUIKT_MET.rows(connection, actor=account_id, vanaf=vanaf, outcome=list(uitkomsten))

        ((aantal,),) = await self._executor.read(tel, contexts.professional(UUID(account_id), today(self._clock)))
        return int(aantal)

    async def _alle(self, query: Select[Any], context: DatabaseContext) -> Sequence[Any]:
        async def lees(connection: AsyncConnection) -> Sequence[Any]:
            rijen: Sequence[Any] = (await connection.execute(query)).all()
            return rijen

        return await self._executor.read(lees, context)

    async def _een(self, query: Select[Any], context: DatabaseContext) -> Any:
        rijen = await self._alle(query, context)
        return rijen[0] if rijen else None


def _account() -> Select[Any]:
    opvolgers = (
        select(func.jsonb_object_agg(gemeente.c.code, gemeente.c.opgevolgd_door))
        .where(gemeente.c.opgevolgd_door.is_not(None))
        .scalar_subquery()
    )
    gemeenten = (
        select(func.array_agg(convenant_gemeente.c.gemeente))
        .where(convenant_gemeente.c.convenant == locatie.c.convenant)
        .scalar_subquery()
    )
    return (
        select(
            account.c.id.label("account_id"),
            account.c.professional.label("professional_id"),
            account.c.organisatie,
            organisatie.c.naam.label("organisatienaam"),
            organisatie.c.soort.label("organisatiesoort"),
            organisatie.c.landelijk,
            account.c.locatie,
            locatie.c.naam.label("locatienaam"),
            locatie.c.gemeente,
            locatie.c.convenant,
            gemeenten.label("gemeenten"),
            opvolgers.label("opvolgers"),
        )
        .select_from(account)
        .join(organisatie, organisatie.c.id == account.c.organisatie)
        .join(locatie, locatie.c.id == account.c.locatie)
        .where(*(account.c[naam] == bindparam(naam) for naam in ("issuer", "subject", "organisatie")))
    )


_ACCOUNT = Prepared(_account())
_gebruikt = select(func.count()).where(
    audit.c.actor == bindparam("actor"), audit.c.action == "signaal-afgeven", audit.c.at > bindparam("vanaf")
)
_GEBRUIKT = Prepared(_gebruikt)
_GEBRUIKT_MET = Prepared(_gebruikt.where(one_of(audit.c.outcome, "outcome")))


def _signalen(account_id: UUID) -> Select[Any]:
    return (
        select(*KOLOMMEN, organisatie.c.naam.label("organisatienaam"), locatie.c.naam.label("locatienaam"))
        .select_from(signaal)
        .join(organisatie, organisatie.c.id == signaal.c.organisatie)
        .join(locatie, locatie.c.id == signaal.c.locatie)
        .where(signaal.c.account == account_id)
    )


def _met_namen(rij: Any) -> SignaalMetNamen:
    return SignaalMetNamen(uit_rij(rij), rij.organisatienaam, rij.locatienaam)
