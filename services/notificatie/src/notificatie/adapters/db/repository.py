"""Notifications and matches in PostgreSQL. Rows are locked in one order: matches by partition, then notifications."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Exists, and_, bindparam, case, exists, func, literal, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.match import MatchStatus, Oorzaak, OorzaakSoort
from contracts.notificatie import Kanaal
from notificatie.adapters.db.tables import match_stand, notificatie, notificatie_match
from notificatie.application.ports import Toestand
from notificatie.domain.notificatie import Besluit, Notificatie, Reden, Soort, Status
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort
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
            {
                "match_id": stand.match.match_id,
                "versie": stand.versie,
                "status": stand.match.status,
                "oorzaak_id": stand.match.oorzaak.id,
                "einddatum": stand.match.einddatum,
                "personen": list(stand.match.personen) if stand.match.status is MatchStatus.ACTIEF else [],
            }
            for stand in sorted(standen, key=lambda stand: stand.match.match_id)
        ]
        new = insert(match_stand).values(rows)
        stored = await connection.execute(
            new.on_conflict_do_update(
                index_elements=["match_id"],
                set_={name: new.excluded[name] for name in rows[0] if name != "match_id"},
                where=new.excluded.versie > match_stand.c.versie,
            ).returning(match_stand.c.match_id)
        )
        return set(stored.scalars())

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
        new_row = insert(notificatie)
        await connection.execute(
            new_row.on_conflict_do_update(
                index_elements=["oorzaak_id", "ontvanger_soort", "ontvanger"],
                set_={
                    name: new_row.excluded[name]
                    for name in ("status", "reden", "volgende_poging_op", "traceparent", "sinds", "gewijzigd_op")
                },
                where=notificatie.c.status == Status.VERVALLEN,
            ),
            [{**by_key[key].row(nu), "reden": None} for key in sorted(by_key)],
        )
        await connection.execute(
            insert(notificatie_match)
            .from_select(
                ["notificatie_id", "match_id"],
                select(notificatie.c.id, bindparam("match", type_=match_stand.c.match_id.type)).where(
                    notificatie.c.oorzaak_id == bindparam("oorzaak"),
                    notificatie.c.ontvanger_soort == bindparam("soort"),
                    notificatie.c.ontvanger == bindparam("naam"),
                ),
            )
            .on_conflict_do_nothing(),
            [
                {"oorzaak": new.key[0], "soort": new.key[1], "naam": new.key[2], "match": match_id}
                for new, match_id in pairs
            ],
        )

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
        waits_for_original = exists().where(
            _origineel.c.id == notificatie.c.herroept, _origineel.c.status.in_((Status.WACHTEND, Status.BEZIG))
        )
        due = (
            await connection.execute(
                select(notificatie.c.id)
                .where(
                    _OPEN,
                    notificatie.c.volgende_poging_op <= nu,
                    notificatie.c.id.not_in(behalve) if behalve else true(),
                    ~waits_for_original,
                )
                .order_by(notificatie.c.volgende_poging_op)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
        ).scalars().all()  # fmt: skip
        if not due:
            return []
        # A statement of its own after the lock: what committed before the lock is seen here (see herroep).
        rows = (await connection.execute(_with_validity(vandaag).where(notificatie.c.id.in_(due)))).all()
        # Somebody had it and its lease ran out: the server may have the mail.
        again = notificatie.c.onzeker + case((notificatie.c.status == Status.BEZIG, 1), else_=0)
        changes: dict[bool, dict[str, Any]] = {
            True: {
                "status": Status.BEZIG,
                "pogingen": notificatie.c.pogingen + 1,
                "volgende_poging_op": nu + lease,
            },
            False: {"status": Status.VERVALLEN, "reden": Reden.MATCH_VOORBIJ},
        }
        claimed = []
        for valid, values in changes.items():
            ids = [row.id for row in rows if row.valid is valid]
            if not ids:
                continue
            result = await connection.execute(
                update(notificatie)
                .where(notificatie.c.id.in_(ids))
                .values(**values, onzeker=again, gewijzigd_op=nu)
                .returning(*notificatie.c)
            )
            if valid:
                claimed = [_notificatie(row) for row in result]
        return claimed

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
        result = await connection.execute(
            update(notificatie)
            .where(
                notificatie.c.id == notificatie_.id,
                notificatie.c.status == Status.BEZIG,
                notificatie.c.pogingen == notificatie_.pogingen,
            )
            .values(
                status=besluit.status,
                reden=besluit.reden,
                onzeker=notificatie.c.onzeker + int(besluit.onzeker),
                volgende_poging_op=besluit.opnieuw_op or nu,
                versie=notificatie.c.versie + told,
                gewijzigd_op=nu,
            )
            .returning(notificatie.c.versie)
        )
        versie: int | None = result.scalar_one_or_none()
        return versie

    async def achterstand(self, connection: AsyncConnection) -> tuple[int, datetime | None]:
        row = (await connection.execute(select(func.count(), func.min(notificatie.c.sinds)).where(_OPEN))).one()
        return row[0], row[1]


def _counts(vandaag: date) -> Any:
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


def _with_validity(vandaag: date) -> Any:
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
