"""Organisations, their locations and convenanten in PostgreSQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, bindparam, exists, func, or_, select

from contracts.base import OrganisatieId
from platformkit.db.sets import one_of
from platformkit.db.statement import Statement
from platformkit.errors import DomainError
from platformkit.executor import UnitOfWork
from signaal.adapters.db.tables import convenant, convenant_gemeente, gemeente, locatie, organisatie, organisatie_alias
from signaal.application.queries import Locatie, Organisatie

_AANTAL: Final = 200


def _bevat(kolom: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether `kolom` contains the parameter `naam`, whatever its case. Every text contains the empty one."""
    return func.strpos(func.lower(kolom), func.lower(bindparam("naam", type_=Text()))) > 0


_alias = exists().where(organisatie_alias.c.organisatie == organisatie.c.id, _bevat(organisatie_alias.c.alias))
_ZOEK = Statement(
    select(organisatie.c.id, organisatie.c.naam, organisatie.c.soort)
    .where(or_(_bevat(organisatie.c.naam), _alias))
    .order_by(organisatie.c.naam)
    .limit(_AANTAL)
)
_LOCATIES = Statement(
    select(
        locatie.c.organisatie,
        locatie.c.id.label("locatie_id"),
        locatie.c.naam,
        locatie.c.gemeente,
        locatie.c.convenant,
    )
    .where(one_of(locatie.c.organisatie, "organisaties"))
    .order_by(locatie.c.naam)
)
_ORGANISATIE = Statement(select(organisatie.c.id).where(organisatie.c.id == bindparam("id")))
_LOCATIE = Statement(
    select(locatie.c.id).where(locatie.c.id == bindparam("id"), locatie.c.organisatie == bindparam("organisatie"))
)
_OPVOLGERS = Statement(select(gemeente.c.code, gemeente.c.opgevolgd_door).where(gemeente.c.opgevolgd_door.is_not(None)))
_CONVENANTEN = Statement(
    select(convenant_gemeente.c.convenant)
    .where(convenant_gemeente.c.gemeente == bindparam("gemeente"))
    .order_by(convenant_gemeente.c.convenant)
)
_COORDINATOR = Statement(select(convenant.c.coordinator_email).where(convenant.c.code == bindparam("code")))


class PostgresOrganisatieRepository:
    """Implements the port OrganisatieRepository."""

    async def zoek(self, work: UnitOfWork, naam: str) -> Sequence[Organisatie]:
        """See the port."""
        gevonden = await work.rows(_ZOEK, naam=naam)
        locaties: dict[UUID, list[Locatie]] = defaultdict(list)
        for rij in await work.rows(_LOCATIES, organisaties=[each.id for each in gevonden]):
            velden = dict(rij)
            locaties[velden.pop("organisatie")].append(Locatie(**velden))
        return [Organisatie(rij.id, rij.naam, rij.soort, locaties[rij.id]) for rij in gevonden]

    async def controleer(self, work: UnitOfWork, organisatie: OrganisatieId, locatie: UUID) -> None:
        """See the port."""
        if await work.row(_ORGANISATIE, id=organisatie) is None:
            raise DomainError("organisatie-onbekend")
        if await work.row(_LOCATIE, id=locatie, organisatie=organisatie) is None:
            raise DomainError("locatie-onbekend")

    async def opvolgers(self, work: UnitOfWork) -> Mapping[str, str]:
        """See the port."""
        return {rij.code: rij.opgevolgd_door for rij in await work.rows(_OPVOLGERS)}

    async def convenanten(self, work: UnitOfWork, gemeente: str) -> Sequence[str]:
        """See the port."""
        return [rij.convenant for rij in await work.rows(_CONVENANTEN, gemeente=gemeente)]

    async def coordinator(self, work: UnitOfWork, convenant: str) -> str | None:
        """See the port."""
        adres: str | None = await work.value(_COORDINATOR, code=convenant)
        return adres
