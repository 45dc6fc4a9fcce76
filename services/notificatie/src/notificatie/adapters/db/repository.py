"""Notifications and matches in PostgreSQL. Rows are locked in one order: matches by partition, then notifications."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    Exists,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.match import MatchStatus, Oorzaak, OorzaakSoort
from contracts.notificatie import Kanaal
from notificatie.adapters.db.tables import match_stand, notificatie, notificatie_match
from notificatie.application.ports import Toestand
from notificatie.domain.notificatie import Besluit, Notificatie, Reden, Soort, Status
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort
from platformkit.db.prepared import Prepared
from platformkit.db.sets import columns_of, insert_rows, one_of
from platformkit.db.sets import rows as rows_of
from platformkit.ids import uuid7

# A literal, so that a generic plan can use the partial index.
_OPEN = text("notificatie.status in ('wachtend', 'bezig')")
_origineel = notificatie.alias("origineel")
_herroeping = notificatie.alias("herroeping")
_MAYBE_TOLD = (Status.AFGELEVERD, Status.BEZIG)


@dataclass(frozen=True)
class _Nieuw:
    """A notification to be."""

    soort: Soort
    oorzaak: Oorzaak
    ontvanger: Ontvanger
    traceparent: str | None
    herroept: UUID | None = None

    @property
    def key(self) -> tuple[UUID, str, str]:
        return (self.oorzaak.id, self.ontvanger.soort, self.ontvanger.naam)

    def row(self, nu: datetime) -> dict[str, object]:
        return {
            "id": uuid7(),
            "soort": self.soort,
            "oorzaak_soort": self.oorzaak.soort,
            "oorzaak_id": self.oorzaak.id,
            "oorzaak_op": self.oorzaak.op,
            "ontvanger_soort": self.ontvanger.soort,
            "ontvanger": self.ontvanger.naam,
            "kanaal": Kanaal.EMAIL,
            "herroept": self.herroept,
            "status": Status.WACHTEND,
            "volgende_poging_op": nu,
            "traceparent": self.traceparent,
            "sinds": nu,
            "gewijzigd_op": nu,
        }


class SqlNotificaties:
    """See `notificatie.application.ports.Notificaties`."""

    async def projecteer(self, connection: AsyncConnection, standen: Sequence[Toestand]) -> set[UUID]:
        if not standen:
            return set()
        rows = [
            (
                stand.match.match_id,
                stand.versie,
                stand.match.status,
                stand.match.oorzaak.id,
                stand.match.einddatum,
                _as_array(stand.match.personen if stand.match.status is MatchStatus.ACTIEF else ()),
            )
            for stand in sorted(standen, key=lambda stand: stand.match.match_id)
        ]
        stored = await _PROJECT.rows(connection, **columns_of(_incoming, rows))
        return {row.match_id for row in stored}

    async def plan(
        self, connection: AsyncConnection, te_vertellen: Sequence[tuple[Ontvanger, Toestand]], nu: datetime
    ) -> None:
        pairs = [
            (_Nieuw(Soort.MATCH, stand.match.oorzaak, ontvanger, stand.traceparent), stand.match.match_id)
            for ontvanger, stand in te_vertellen
        ]
        await self._insert(connection, pairs, nu)

    async def herroep(
        self, connection: AsyncConnection, onjuist: Mapping[UUID, tuple[Oorzaak, str | None]], nu: datetime
    ) -> None:
        if not onjuist:
            return
        # Locked whatever their status: a sender that is about to claim one sees the end of the match, or is seen here.
        told = await connection.execute(
            select(
                notificatie.c.id,
                notificatie.c.status,
                notificatie.c.onzeker,
                notificatie.c.ontvanger_soort,
                notificatie.c.ontvanger,
                notificatie_match.c.match_id,
            )
            .join(notificatie_match, notificatie_match.c.notificatie_id == notificatie.c.id)
            .where(
                notificatie_match.c.match_id.in_(onjuist),
                notificatie.c.soort == Soort.MATCH,
                # Told once: an end may be told again as a higher version (a new generation of match).
                ~_herroepen(),
            )
            .order_by(notificatie.c.id)
            .with_for_update(of=notificatie)
        )
        pairs = []
        for row in told:
            if row.status in _MAYBE_TOLD or row.onzeker:
                oorzaak, traceparent = onjuist[row.match_id]
                ontvanger = Ontvanger(OntvangerSoort(row.ontvanger_soort), row.ontvanger)
                new = _Nieuw(Soort.MATCH_ONJUIST, oorzaak, ontvanger, traceparent, herroept=row.id)
                pairs.append((new, row.match_id))
        await self._insert(connection, pairs, nu)

    async def _insert(self, connection: AsyncConnection, pairs: Sequence[tuple[_Nieuw, UUID]], nu: datetime) -> None:
        """Insert what is not there, wake what lapsed (nothing was told then), and link to the match in both cases."""
        if not pairs:
            return
        by_key = {new.key: new for new, _ in reversed(pairs)}
        new_rows = [by_key[key].row(nu) for key in sorted(by_key)]
        await _PLAN.rows(connection, **columns_of(notificatie, [tuple(row.values()) for row in new_rows], _PLANNED))
        links = [(*new.key, match_id) for new, match_id in pairs]
        await _LINK.rows(connection, **columns_of(_links, links))

    async def claim(
        self,
        connection: AsyncConnection,
        *,
        nu: datetime,
        vandaag: date,
        lease: timedelta,
        limit: int,
        behalve: Sequence[UUID],
    ) -> list[Notificatie]:
        due = await _DUE.rows(connection, nu=nu, behalve=list(behalve), limit=limit)
        if not due:
            return []
        # A statement of its own after the lock: what committed before the lock is seen here (see herroep).
        rows = await _VALID.rows(connection, ids=[row.id for row in due], vandaag=vandaag)
        if lapsed := [row.id for row in rows if not row.valid]:
            await _LAPSE.rows(connection, ids=lapsed, nu=nu)
        if not (valid := [row.id for row in rows if row.valid]):
            return []
        return [_notificatie(row) for row in await _CLAIM.rows(connection, ids=valid, nu=nu, until=nu + lease)]

    async def personen(self, connection: AsyncConnection, notificatie: UUID, vandaag: date) -> list[tuple[UUID, ...]]:
        rows = await connection.execute(
            select(match_stand.c.personen)
            .distinct()
            .join(notificatie_match, notificatie_match.c.match_id == match_stand.c.match_id)
            .where(notificatie_match.c.notificatie_id == notificatie, _counts(vandaag))
            .order_by(match_stand.c.personen)
        )
        return [tuple(row) for row in rows.scalars()]

    async def leg_vast(
        self, connection: AsyncConnection, notificatie_: Notificatie, besluit: Besluit, nu: datetime
    ) -> int | None:
        told = 1 if besluit.status in {Status.AFGELEVERD, Status.MISLUKT} else 0
        marked = await _MARK.rows(
            connection,
            notificatie_id=notificatie_.id,
            poging=notificatie_.pogingen,
            besluit=besluit.status,
            waarom=besluit.reden,
            onzeker=int(besluit.onzeker),
            opnieuw=besluit.opnieuw_op or nu,
            verteld=told,
            nu=nu,
        )
        return marked[0].versie if marked else None

    async def achterstand(self, connection: AsyncConnection) -> tuple[int, datetime | None]:
        row = (await connection.execute(select(func.count(), func.min(notificatie.c.sinds)).where(_OPEN))).one()
        return row[0], row[1]


def _counts(vandaag: Any) -> Any:
    """The match counts on this day (D4)."""
    return and_(match_stand.c.status == MatchStatus.ACTIEF, match_stand.c.einddatum > vandaag)


def _herroepen() -> Exists:
    """Whether a notification was taken back because of the same match, or will be."""
    link = notificatie_match.alias("link")
    return exists().where(
        _herroeping.c.herroept == notificatie.c.id,
        _herroeping.c.status != Status.VERVALLEN,
        link.c.notificatie_id == _herroeping.c.id,
        link.c.match_id == notificatie_match.c.match_id,
    )


def _with_validity(vandaag: Any) -> Any:
    """Notifications, each with whether it still has to be told."""
    active = exists().where(
        notificatie_match.c.notificatie_id == notificatie.c.id,
        notificatie_match.c.match_id == match_stand.c.match_id,
        _counts(vandaag),
    )
    told = exists().where(
        _origineel.c.id == notificatie.c.herroept,
        or_(_origineel.c.status == Status.AFGELEVERD, _origineel.c.onzeker > 0),
    )
    valid = case((notificatie.c.soort == literal(str(Soort.MATCH)), active), else_=and_(told, ~active))
    return select(notificatie.c.id, valid.label("valid"))


def _notificatie(row: Any) -> Notificatie:
    return Notificatie(
        id=row.id,
        soort=Soort(row.soort),
        oorzaak=Oorzaak(soort=OorzaakSoort(row.oorzaak_soort), id=row.oorzaak_id, op=row.oorzaak_op),
        ontvanger=Ontvanger(OntvangerSoort(row.ontvanger_soort), row.ontvanger),
        pogingen=row.pogingen,
        onzeker=row.onzeker,
        sinds=row.sinds,
        traceparent=row.traceparent,
    )


def _as_array(ids: Sequence[UUID]) -> str:
    """As PostgreSQL writes an array: an array per row does not fit in an array of rows."""
    return "{" + ",".join(map(str, ids)) + "}"


def _moment(name: str) -> Any:
    return bindparam(name, type_=notificatie.c.sinds.type)


# What comes as rows and is no table.
_incoming = Table(
    "incoming",
    MetaData(),
    *(Column(each.name, each.type if each.name != "personen" else Text) for each in match_stand.c),
)
_links = Table(
    "links",
    MetaData(),
    Column("oorzaak_id", Uuid),
    Column("ontvanger_soort", Text),
    Column("ontvanger", Text),
    Column("match_id", Uuid),
)
_rows = rows_of(_incoming)
_new_stand = insert(match_stand).from_select(
    match_stand.columns.keys(), select(*(cast(each, match_stand.c[each.name].type) for each in _rows.c))
)
_PROJECT = Prepared(
    _new_stand.on_conflict_do_update(
        index_elements=["match_id"],
        set_={each.name: _new_stand.excluded[each.name] for each in match_stand.c if each.name != "match_id"},
        where=_new_stand.excluded.versie > match_stand.c.versie,
    ).returning(match_stand.c.match_id)
)
_PLANNED = tuple(each.name for each in notificatie.c if each.name not in {"reden", "pogingen", "onzeker", "versie"})
_new_row = insert_rows(notificatie, _PLANNED)
_PLAN = Prepared(
    _new_row.on_conflict_do_update(
        index_elements=["oorzaak_id", "ontvanger_soort", "ontvanger"],
        set_={
            "reden": None,
            **{
                name: _new_row.excluded[name]
                for name in ("status", "volgende_poging_op", "traceparent", "sinds", "gewijzigd_op")
            },
        },
        where=notificatie.c.status == Status.VERVALLEN,
    )
)
_link = rows_of(_links)
_LINK = Prepared(
    insert(notificatie_match)
    .from_select(
        ["notificatie_id", "match_id"],
        select(notificatie.c.id, _link.c.match_id).where(
            notificatie.c.oorzaak_id == _link.c.oorzaak_id,
            notificatie.c.ontvanger_soort == _link.c.ontvanger_soort,
            notificatie.c.ontvanger == _link.c.ontvanger,
        ),
    )
    .on_conflict_do_nothing()
)
_DUE = Prepared(
    select(notificatie.c.id)
    .where(
        _OPEN,
        notificatie.c.volgende_poging_op <= _moment("nu"),
        ~one_of(notificatie.c.id, "behalve"),
        # A notification that takes another one back waits until that one is done.
        ~exists().where(
            _origineel.c.id == notificatie.c.herroept,
            or_(_origineel.c.status == Status.WACHTEND, _origineel.c.status == Status.BEZIG),
        ),
    )
    .order_by(notificatie.c.volgende_poging_op)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
_VALID = Prepared(_with_validity(bindparam("vandaag", type_=Date)).where(one_of(notificatie.c.id, "ids")))
# Somebody had it and its lease ran out: the server may have the mail.
_again = notificatie.c.onzeker + case((notificatie.c.status == Status.BEZIG, 1), else_=0)
_found = update(notificatie).where(one_of(notificatie.c.id, "ids"))
_LAPSE = Prepared(
    _found.values(status=Status.VERVALLEN, reden=Reden.MATCH_VOORBIJ, onzeker=_again, gewijzigd_op=_moment("nu"))
)
_CLAIM = Prepared(
    _found.values(
        status=Status.BEZIG,
        pogingen=notificatie.c.pogingen + 1,
        onzeker=_again,
        volgende_poging_op=_moment("until"),
        gewijzigd_op=_moment("nu"),
    ).returning(*notificatie.c)
)
_MARK = Prepared(
    update(notificatie)
    .where(
        notificatie.c.id == bindparam("notificatie_id"),
        notificatie.c.status == Status.BEZIG,
        notificatie.c.pogingen == bindparam("poging"),
    )
    .values(
        status=bindparam("besluit", type_=Text),
        reden=bindparam("waarom", type_=Text),
        onzeker=notificatie.c.onzeker + bindparam("onzeker", type_=Integer),
        volgende_poging_op=_moment("opnieuw"),
        versie=notificatie.c.versie + bindparam("verteld", type_=Integer),
        gewijzigd_op=_moment("nu"),
    )
    .returning(notificatie.c.versie)
)
