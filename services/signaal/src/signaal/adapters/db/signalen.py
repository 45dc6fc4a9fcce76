"""The signals in PostgreSQL. Row-level security decides which rows an asker meets."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert

from contracts.base import AccountId, PersoonRef, SignaalId
from contracts.signaal import Bron, Organisatiesoort, SignaalReden, SignaalStatus
from contracts.statistiek import Geslacht, Leeftijdsgroep, Woonklasse
from platformkit.db.sets import columns_of, constant, one_of, rows
from platformkit.db.statement import Row, Statement
from platformkit.errors import ConstraintError, DomainError
from platformkit.executor import UnitOfWork
from signaal.adapters.db.tables import betrokkenheid, locatie, organisatie, signaal, signaal_telling
from signaal.application.queries import KorteSignalen, SignaalMetNamen
from signaal.domain.signaal import Signaal, Telling

_ISSUE_TRANSACTION: Final = "60s"
_EEN_ACTIEF: Final = "signaal_een_actief"
_EERSTE, _LAATSTE = UUID(int=0), UUID(int=2**128 - 1)
_EINDE = ("id", "versie", "status", "reden", "inactief_sinds")


def _velden(soort: type[Signaal] | type[Telling], tabel: Table, signaal_id: str) -> list[ColumnElement[Any]]:
    """The columns of a table, named as the fields of what they hold."""
    kolom = {each.name: each.name for each in fields(soort)} | {"signaal_id": signaal_id}
    return [tabel.c[naam].label(veld) for veld, naam in kolom.items()]


def _waarden(tabel: Table) -> dict[str, Any]:
    return {kolom.key: bindparam(kolom.key, type_=kolom.type) for kolom in tabel.columns}


def ends_within(limit: str) -> Sequence[ColumnElement[str]]:
    """What a transaction selects to be ended by the database `limit` from then.

    Beside the limit of the role, which may be raised while the guard of `bestaat` rests on this one. PostgreSQL goes on
    counting for the role's limit until that is switched off.
    """
    return [func.set_config("transaction_timeout", each, True) for each in ("0", limit)]


_SIGNAAL = _velden(Signaal, signaal, "id")
_TELLING = _velden(Telling, signaal_telling, "signaal")

_betrokken = pg_insert(betrokkenheid).values(_waarden(betrokkenheid))
_VOEG_TOE = Statement(
    _betrokken.on_conflict_do_update(
        index_elements=["account", "persoon_ref"], set_={"tot": _betrokken.excluded.tot}
    ).add_cte(
        insert(signaal)
        .values(_waarden(signaal))
        # After this the transaction commits within a minute or not at all: half of the guard of `bestaat`.
        .returning(*ends_within(_ISSUE_TRANSACTION))
        .cte("nieuw")
    )
)
_TEL = Statement(insert(signaal_telling).values(_waarden(signaal_telling)))

_VERGRENDEL = Statement(select(*_SIGNAAL).where(signaal.c.id == bindparam("id")).with_for_update())
_VERGRENDEL_VERLOPEN = Statement(
    select(*_SIGNAAL)
    .where(signaal.c.status == constant(SignaalStatus.ACTIEF), signaal.c.einddatum <= bindparam("dag"))
    .order_by(signaal.c.einddatum)
    .limit(bindparam("aantal", type_=Integer()))
    .with_for_update(skip_locked=True)
)
_OP = select(*_SIGNAAL).where(one_of(signaal.c.persoon_ref, "jeugdigen")).order_by(signaal.c.id).with_for_update()
_VERGRENDEL_OP = Statement(_OP)
_VERGRENDEL_ACTIEVE_OP = Statement(_OP.where(signaal.c.status == constant(SignaalStatus.ACTIEF)))
_ACTIEVE_OP = Statement(
    select(*_SIGNAAL)
    .where(
        signaal.c.persoon_ref == bindparam("persoon_ref"),
        signaal.c.status == constant(SignaalStatus.ACTIEF),
        signaal.c.einddatum > bindparam("dag"),
    )
    .order_by(signaal.c.id)
)
_NIEMAND_BETROKKEN = Statement(delete(betrokkenheid).where(one_of(betrokkenheid.c.persoon_ref, "jeugdigen")))
_ONGETELD = Statement(delete(signaal_telling).where(one_of(signaal_telling.c.signaal, "signalen")))
_VERNIETIG = Statement(delete(signaal).where(one_of(signaal.c.id, "signalen")))
_woont = rows(signaal, ("persoon_ref", "woongemeente"))
_BEWAAR_WOONGEMEENTEN = Statement(
    update(signaal)
    .where(
        signaal.c.persoon_ref == _woont.c.persoon_ref, signaal.c.woongemeente.is_distinct_from(_woont.c.woongemeente)
    )
    .values(woongemeente=_woont.c.woongemeente)
)
_einde = rows(signaal, _EINDE)
_BEWAAR_INACTIEF = Statement(
    update(signaal).where(signaal.c.id == _einde.c.id).values({naam: _einde.c[naam] for naam in _EINDE[1:]})
)
_betrokken_tot = rows(betrokkenheid)
_BETROKKEN_TOT = Statement(
    update(betrokkenheid)
    .where(
        betrokkenheid.c.account == _betrokken_tot.c.account,
        betrokkenheid.c.persoon_ref == _betrokken_tot.c.persoon_ref,
    )
    .values(tot=_betrokken_tot.c.tot)
)

_eigen = (
    select(*_SIGNAAL, organisatie.c.naam.label("organisatienaam"), locatie.c.naam.label("locatienaam"))
    .select_from(signaal)
    .join(organisatie, organisatie.c.id == signaal.c.organisatie)
    .join(locatie, locatie.c.id == signaal.c.locatie)
    .where(signaal.c.account == bindparam("account"))
)
_EEN_EIGEN = Statement(_eigen.where(signaal.c.id == bindparam("id")))
_EIGEN = Statement(
    _eigen.where(signaal.c.id < bindparam("na"))
    .order_by(signaal.c.id.desc())
    .limit(bindparam("limiet", type_=Integer()))
)
_ACTIEVE_EIGEN = Statement(
    select(signaal.c.id).where(
        one_of(signaal.c.id, "signalen"),
        signaal.c.account == bindparam("account"),
        signaal.c.status == constant(SignaalStatus.ACTIEF),
        signaal.c.einddatum > bindparam("dag"),
    )
)
_aantal = func.count().label("aantal")
_KORTE = Statement(
    select(signaal.c.professional, signaal.c.inactief_sinds.label("dag"), _aantal)
    .where(
        signaal.c.inactief_sinds >= bindparam("vanaf"),
        # As the index says it.
        signaal.c.inactief_sinds <= signaal.c.begindatum + literal_column("1", Integer),
    )
    .group_by(signaal.c.professional, signaal.c.inactief_sinds)
    .having(_aantal.element >= bindparam("aantal", type_=Integer()))
)
_BESTAAT = Statement(
    select(
        exists().where(
            signaal.c.persoon_ref == bindparam("persoon_ref"), signaal.c.status != constant(SignaalStatus.VERWIJDERD)
        )
    )
)
_BLADZIJDE = Statement(
    select(*_SIGNAAL)
    .where(signaal.c.id > bindparam("na"))
    .order_by(signaal.c.id)
    .limit(bindparam("aantal", type_=Integer()))
)
_TELLINGEN = Statement(select(*_TELLING).where(one_of(signaal_telling.c.signaal, "signalen")))


class PostgresSignaalRepository:
    """Implements the port SignaalRepository."""

    async def voeg_toe(self, work: UnitOfWork, nieuw: Signaal, telling: Telling) -> None:
        """See the port."""
        try:
            await work.execute(_VOEG_TOE, **_rij(nieuw, "id"), tot=nieuw.einddatum)
        except ConstraintError as error:
            if error.constraint != _EEN_ACTIEF:
                raise
            raise DomainError("signaal-bestaat-al") from None
        # By itself: its policy looks for the signal, which a statement that also inserts it would not see.
        await work.execute(_TEL, **_rij(telling, "signaal"))

    async def vergrendel(self, work: UnitOfWork, signaal_id: SignaalId) -> Signaal | None:
        """See the port."""
        rij = await work.row(_VERGRENDEL, id=signaal_id)
        return _signaal(rij) if rij else None

    async def bewaar_inactief(self, work: UnitOfWork, signalen: Sequence[Signaal]) -> None:
        """See the port."""
        await work.execute(_BEWAAR_INACTIEF, **columns_of(signaal, [_rij(each, "id") for each in signalen], _EINDE))
        # Only a signal that ends early takes back the rest of the involvement. One that expired has had it all, and by now
        # it may be that of a newer signal on the same youth.
        vroeg = [
            {"account": each.account, "persoon_ref": each.persoon_ref, "tot": each.inactief_sinds}
            for each in signalen
            if each.inactief_sinds != each.einddatum
        ]
        if vroeg:
            await work.execute(_BETROKKEN_TOT, **columns_of(betrokkenheid, vroeg))

    async def vergrendel_verlopen(self, work: UnitOfWork, aantal: int) -> Sequence[Signaal]:
        """See the port."""
        return [_signaal(rij) for rij in await work.rows(_VERGRENDEL_VERLOPEN, dag=work.today, aantal=aantal)]

    async def vergrendel_actieve_op(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> Sequence[Signaal]:
        """See the port."""
        return [_signaal(rij) for rij in await work.rows(_VERGRENDEL_ACTIEVE_OP, jeugdigen=list(jeugdigen))]

    async def actieve_op(self, work: UnitOfWork, persoon_ref: PersoonRef) -> Sequence[Signaal]:
        """See the port."""
        return [_signaal(rij) for rij in await work.rows(_ACTIEVE_OP, persoon_ref=persoon_ref, dag=work.today)]

    async def vergrendel_op(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> Sequence[Signaal]:
        """See the port."""
        return [_signaal(rij) for rij in await work.rows(_VERGRENDEL_OP, jeugdigen=list(jeugdigen))]

    async def vernietig(
        self, work: UnitOfWork, signalen: Collection[SignaalId], jeugdigen: Collection[PersoonRef]
    ) -> None:
        """See the port."""
        await work.execute(_ONGETELD, signalen=list(signalen))
        await work.execute(_VERNIETIG, signalen=list(signalen))
        await work.execute(_NIEMAND_BETROKKEN, jeugdigen=list(jeugdigen))

    async def bewaar_woongemeenten(self, work: UnitOfWork, woongemeenten: Mapping[PersoonRef, str | None]) -> None:
        """See the port."""
        if woongemeenten:
            await work.execute(
                _BEWAAR_WOONGEMEENTEN,
                persoon_ref=list(woongemeenten),
                woongemeente=list(woongemeenten.values()),
            )

    async def korte(self, work: UnitOfWork, vanaf: date, aantal: int) -> Sequence[KorteSignalen]:
        """See the port."""
        return [KorteSignalen(**rij) for rij in await work.rows(_KORTE, vanaf=vanaf, aantal=aantal)]

    async def actieve_eigen(
        self, work: UnitOfWork, account: AccountId, signalen: Collection[SignaalId]
    ) -> frozenset[SignaalId]:
        """See the port."""
        gevonden = await work.rows(_ACTIEVE_EIGEN, signalen=list(signalen), account=account, dag=work.today)
        return frozenset(SignaalId(rij.id) for rij in gevonden)

    async def eigen(
        self, work: UnitOfWork, account: AccountId, na: SignaalId | None, limiet: int
    ) -> Sequence[SignaalMetNamen]:
        """See the port."""
        gevonden = await work.rows(_EIGEN, account=account, na=na or _LAATSTE, limiet=limiet)
        return [_met_namen(work, rij) for rij in gevonden]

    async def een_eigen(self, work: UnitOfWork, account: AccountId, signaal_id: SignaalId) -> SignaalMetNamen | None:
        """See the port."""
        rij = await work.row(_EEN_EIGEN, account=account, id=signaal_id)
        return _met_namen(work, rij) if rij else None

    async def bestaat(self, work: UnitOfWork, persoon_ref: PersoonRef) -> bool:
        """See the port.

        brp-proxy asks this fifteen minutes after it gave out the reference, and lets the person go when the answer is no
        (D1). A signal that is being committed at this very instant is invisible to us, so the answer is only right
        because there can be none: the transaction that issues refuses a reference older than five minutes, and the
        database ends it within two minutes after that: the role's `transaction_timeout`, then that of `voeg_toe`.
        """
        return bool(await work.value(_BESTAAT, persoon_ref=persoon_ref))

    async def bladzijde(
        self, work: UnitOfWork, na: UUID | None, aantal: int
    ) -> Sequence[tuple[Signaal, Telling | None]]:
        """See the port."""
        signalen = [_signaal(rij) for rij in await work.rows(_BLADZIJDE, na=na or _EERSTE, aantal=aantal)]
        tellingen = await work.rows(_TELLINGEN, signalen=[each.signaal_id for each in signalen])
        per_signaal = {rij.signaal_id: _telling(rij) for rij in tellingen}
        return [(each, per_signaal.get(each.signaal_id)) for each in signalen]


def _met_namen(work: UnitOfWork, rij: Row) -> SignaalMetNamen:
    return SignaalMetNamen(_signaal(rij), rij.organisatienaam, rij.locatienaam, work.today)


def _rij(van: Signaal | Telling, signaal_id: str) -> dict[str, Any]:
    # Not `asdict`, which copies every value in depth.
    rij = dict(vars(van))
    rij[signaal_id] = rij.pop("signaal_id")
    return rij


def _signaal(rij: Row) -> Signaal:
    velden = {each.name: rij[each.name] for each in fields(Signaal)}
    return Signaal(
        **velden
        | {
            "organisatiesoort": Organisatiesoort(rij.organisatiesoort),
            "bron": Bron(rij.bron),
            "status": SignaalStatus(rij.status),
            "reden": SignaalReden(rij.reden) if rij.reden else None,
        }
    )


def _telling(rij: Row) -> Telling:
    soorten = {
        "leeftijdsgroep": Leeftijdsgroep(rij.leeftijdsgroep),
        "geslacht": Geslacht(rij.geslacht),
        "woonklasse": Woonklasse(rij.woonklasse),
    }
    return Telling(**dict(rij) | soorten)
