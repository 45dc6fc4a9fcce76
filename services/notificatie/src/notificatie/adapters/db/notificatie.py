"""Notifications in PostgreSQL: moves sets of rows, and decides nothing."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from contracts.base import MatchId
from contracts.match import MatchReden, MatchStatus, Oorzaak, OorzaakSoort
from contracts.notificatie import Kanaal
from notificatie.adapters.db.tables import match_stand, notificatie, notificatie_match, verhuizing
from notificatie.application.ports import Kandidaat, Matchstand
from notificatie.domain.notificatie import Besluit, NieuweNotificatie, Notificatie, Reden, Soort, Status
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort
from notificatie.domain.vertellen import Stand, Verloop, Verteld
from platformkit.db.sets import Fields, columns_of, insert_rows, one_of
from platformkit.db.sets import rows as rows_of
from platformkit.db.statement import Row, Statement
from platformkit.executor import UnitOfWork
from platformkit.ids import uuid7

# A literal, so that a generic plan can use the partial index.
_OPEN: Final = text("notificatie.status in ('wachtend', 'bezig')")
_origineel = notificatie.alias("origineel")
_link_van = notificatie_match.alias("link")


def _herroept(link: Any) -> Any:
    """What a notification takes back of what was told of a match; in `notificatie` the first of all its matches."""
    return func.coalesce(link.c.herroept, notificatie.c.herroept)


def _moment(name: str) -> Any:
    return bindparam(name, type_=notificatie.c.sinds.type)


_PLANNED = tuple(each.name for each in notificatie.c if each.name not in {"reden", "pogingen", "onzeker", "versie"})
_new = insert_rows(notificatie, _PLANNED)
# What lapsed wakes up: nothing was told then.
_PLAN = Statement(
    _new.on_conflict_do_update(
        index_elements=["oorzaak_id", "ontvanger_soort", "ontvanger"],
        set_={
            "reden": None,
            **{
                name: _new.excluded[name]
                for name in ("status", "volgende_poging_op", "traceparent", "sinds", "gewijzigd_op")
            },
        },
        where=notificatie.c.status == Status.VERVALLEN,
    )
)
# What comes as rows and is no table.
_links = Table(
    "links",
    MetaData(),
    Column("oorzaak_id", Uuid),
    Column("ontvanger_soort", Text),
    Column("ontvanger", Text),
    Column("match_id", Uuid),
    Column("signaal_op", notificatie_match.c.signaal_op.type),
    Column("herroept", Uuid),
)
_link = rows_of(_links)
_LINK = Statement(
    insert(notificatie_match)
    .from_select(
        ["notificatie_id", "match_id", "signaal_op", "herroept"],
        select(notificatie.c.id, _link.c.match_id, _link.c.signaal_op, _link.c.herroept).where(
            notificatie.c.oorzaak_id == _link.c.oorzaak_id,
            notificatie.c.ontvanger_soort == _link.c.ontvanger_soort,
            notificatie.c.ontvanger == _link.c.ontvanger,
        ),
    )
    .on_conflict_do_nothing()
)
_TOLD = Statement(
    select(
        notificatie.c.id,
        notificatie.c.soort,
        notificatie.c.status,
        notificatie.c.onzeker,
        notificatie.c.ontvanger_soort,
        notificatie.c.ontvanger,
        notificatie_match.c.match_id,
        _herroept(notificatie_match).label("herroept"),
    )
    .join(notificatie_match, notificatie_match.c.notificatie_id == notificatie.c.id)
    .where(one_of(notificatie_match.c.match_id, "matches"))
    .order_by(notificatie.c.id)
    .with_for_update(of=notificatie)
)
_TE_DOEN = (
    _OPEN,
    notificatie.c.volgende_poging_op <= _moment("nu"),
    ~one_of(notificatie.c.id, "behalve"),
    # A notification that takes others back waits until those are done.
    or_(
        notificatie.c.herroept.is_(None),
        ~exists().where(
            _link_van.c.notificatie_id == notificatie.c.id,
            _origineel.c.id == _herroept(_link_van),
            or_(_origineel.c.status == Status.WACHTEND, _origineel.c.status == Status.BEZIG),
        ),
    ),
)
_DUE = Statement(
    select(notificatie.c.id)
    .where(*_TE_DOEN)
    .order_by(notificatie.c.volgende_poging_op)
    .limit(bindparam("hoogstens", type_=Integer))
    .with_for_update(skip_locked=True)
)
_gevonden = notificatie.alias("gevonden")
_SAMEN = Statement(
    select(notificatie.c.id)
    .where(
        *_TE_DOEN,
        notificatie.c.oorzaak_id.in_(select(_gevonden.c.oorzaak_id).where(one_of(_gevonden.c.id, "ids"))),
    )
    .with_for_update(of=notificatie, skip_locked=True)
)
_KNOWN = Statement(
    select(
        notificatie.c.id,
        notificatie.c.soort,
        notificatie.c.ontvanger_soort,
        match_stand.c.status,
        match_stand.c.einddatum,
        match_stand.c.reden,
        notificatie_match.c.signaal_op,
        _origineel.c.status.label("origineel_status"),
        _origineel.c.onzeker.label("origineel_onzeker"),
    )
    .outerjoin(notificatie_match, notificatie_match.c.notificatie_id == notificatie.c.id)
    .outerjoin(match_stand, match_stand.c.match_id == notificatie_match.c.match_id)
    .outerjoin(_origineel, _origineel.c.id == _herroept(notificatie_match))
    .where(one_of(notificatie.c.id, "ids"))
)
# Somebody had it and its lease ran out: the server may have the mail.
_again = notificatie.c.onzeker + case((notificatie.c.status == Status.BEZIG, 1), else_=0)
_found = update(notificatie).where(one_of(notificatie.c.id, "ids"))
_LAPSE = Statement(
    _found.values(status=Status.VERVALLEN, reden=Reden.MATCH_VOORBIJ, onzeker=_again, gewijzigd_op=_moment("nu"))
)
_CLAIM = Statement(
    _found.values(
        status=Status.BEZIG,
        pogingen=notificatie.c.pogingen + 1,
        onzeker=_again,
        volgende_poging_op=_moment("tot"),
        gewijzigd_op=_moment("nu"),
    ).returning(*notificatie.c)
)
_MATCHES = Statement(
    select(match_stand)
    .join(notificatie_match, notificatie_match.c.match_id == match_stand.c.match_id)
    .where(notificatie_match.c.notificatie_id == bindparam("notificatie"))
    .order_by(match_stand.c.personen)
)
_MARK = Statement(
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
_wacht = union_all(select(notificatie.c.sinds).where(_OPEN), select(verhuizing.c.sinds)).subquery()
_BACKLOG = Statement(select(func.count().label("aantal"), func.min(_wacht.c.sinds).label("oudste")))


class PostgresNotificatieRepository:
    """See `notificatie.application.ports.NotificatieRepository`."""

    async def plan(self, work: UnitOfWork, nieuwe: Sequence[NieuweNotificatie], nu: datetime) -> None:
        if not nieuwe:
            return
        by_key = {_key(each): each for each in reversed(nieuwe)}
        rows = [_row(by_key[key], nu) for key in sorted(by_key)]
        await work.execute(_PLAN, **columns_of(notificatie, rows, _PLANNED))
        names = ("oorzaak_id", "ontvanger_soort", "ontvanger")
        links = [
            {
                **dict(zip(names, _key(each), strict=True)),
                "match_id": each.match_id,
                "signaal_op": each.signaal_op,
                "herroept": each.herroept,
            }
            for each in nieuwe
            if each.match_id is not None
        ]
        await work.execute(_LINK, **columns_of(_links, links))

    async def verteld_van(self, work: UnitOfWork, matches: Collection[MatchId]) -> Sequence[Verteld]:
        return [
            Verteld(
                id=row.id,
                soort=Soort(row.soort),
                ontvanger=_ontvanger(row),
                verloop=Verloop(Status(row.status), row.onzeker),
                match_id=row.match_id,
                herroept=row.herroept,
            )
            for row in await work.rows(_TOLD, matches=list(matches))
        ]

    async def vergrendel_te_doen(
        self, work: UnitOfWork, nu: datetime, hoogstens: int, behalve: Collection[UUID]
    ) -> Sequence[UUID]:
        due = await work.rows(_DUE, nu=nu, behalve=list(behalve), hoogstens=hoogstens)
        if not due:
            return []
        samen = await work.rows(_SAMEN, nu=nu, behalve=list(behalve), ids=[row.id for row in due])
        return [row.id for row in samen]

    async def kandidaten(self, work: UnitOfWork, ids: Collection[UUID]) -> Sequence[Kandidaat]:
        per_id: dict[UUID, list[Row]] = defaultdict(list)
        for row in await work.rows(_KNOWN, ids=list(ids)):
            per_id[row.id].append(row)
        return [
            Kandidaat(
                id=each,
                soort=Soort(rows[0].soort),
                voor=OntvangerSoort(rows[0].ontvanger_soort),
                matches=[_stand(row) for row in rows if row.status is not None],
            )
            for each, rows in per_id.items()
        ]

    async def laat_vervallen(self, work: UnitOfWork, ids: Collection[UUID], nu: datetime) -> None:
        if ids:
            await work.execute(_LAPSE, ids=list(ids), nu=nu)

    async def neem(self, work: UnitOfWork, ids: Collection[UUID], nu: datetime, tot: datetime) -> list[Notificatie]:
        if not ids:
            return []
        return [_notificatie(row) for row in await work.rows(_CLAIM, ids=list(ids), nu=nu, tot=tot)]

    async def matches_van(self, work: UnitOfWork, notificatie: UUID) -> Sequence[Matchstand]:
        return [
            Matchstand(
                **{
                    **row,
                    "status": MatchStatus(row.status),
                    "reden": _reden(row),
                    "personen": tuple(row.personen),
                }
            )
            for row in await work.rows(_MATCHES, notificatie=notificatie)
        ]

    async def leg_vast(self, work: UnitOfWork, notificatie: Notificatie, besluit: Besluit, nu: datetime) -> int | None:
        versie: int | None = await work.value(
            _MARK,
            notificatie_id=notificatie.id,
            poging=notificatie.pogingen,
            besluit=besluit.status,
            waarom=besluit.reden,
            onzeker=int(besluit.onzeker),
            opnieuw=besluit.opnieuw_op or nu,
            verteld=int(besluit.status in {Status.AFGELEVERD, Status.MISLUKT}),
            nu=nu,
        )
        return versie

    async def achterstand(self, work: UnitOfWork) -> tuple[int, datetime | None]:
        (row,) = await work.rows(_BACKLOG)
        return row.aantal, row.oudste


def _key(nieuw: NieuweNotificatie) -> tuple[UUID, str, str]:
    """A recipient is told of a cause once."""
    return (nieuw.oorzaak.id, nieuw.ontvanger.soort, nieuw.ontvanger.naam)


def _row(nieuw: NieuweNotificatie, nu: datetime) -> Fields:
    return {
        "id": uuid7(),
        "soort": nieuw.soort,
        "oorzaak_soort": nieuw.oorzaak.soort,
        "oorzaak_id": nieuw.oorzaak.id,
        "oorzaak_op": nieuw.oorzaak.op,
        "ontvanger_soort": nieuw.ontvanger.soort,
        "ontvanger": nieuw.ontvanger.naam,
        "kanaal": Kanaal.EMAIL,
        "herroept": nieuw.herroept,
        "status": Status.WACHTEND,
        "volgende_poging_op": nu,
        "traceparent": nieuw.traceparent,
        "sinds": nu,
        "gewijzigd_op": nu,
        "signaal_op": nieuw.signaal_op if nieuw.match_id is None else None,
    }


def _reden(row: Row) -> MatchReden | None:
    return MatchReden(row.reden) if row.reden else None


def _stand(row: Row) -> Stand:
    origineel = Verloop(Status(row.origineel_status), row.origineel_onzeker) if row.origineel_status else None
    return Stand(MatchStatus(row.status), row.einddatum, _reden(row), row.signaal_op, origineel)


def _ontvanger(row: Row) -> Ontvanger:
    return Ontvanger(OntvangerSoort(row.ontvanger_soort), row.ontvanger)


def _notificatie(row: Row) -> Notificatie:
    return Notificatie(
        id=row.id,
        soort=Soort(row.soort),
        oorzaak=Oorzaak(soort=OorzaakSoort(row.oorzaak_soort), id=row.oorzaak_id, op=row.oorzaak_op),
        ontvanger=_ontvanger(row),
        pogingen=row.pogingen,
        onzeker=row.onzeker,
        sinds=row.sinds,
        traceparent=row.traceparent,
        signaal_op=(row.signaal_op,) if row.signaal_op else (),
    )
