"""PersoonVastleggen: ask the BRP, decide, store, tell."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from brp_proxy.application.commands import Aanvrager, PersoonVastleggen
from brp_proxy.application.ports import Brp, Personen
from brp_proxy.domain.leeftijd import Geboortedatum, grensdatum, leeftijd_op, leeftijdsgroep
from brp_proxy.domain.persoon import eerste, opnieuw
from brp_proxy.domain.persoonslijst import Persoonslijst, toelaten
from contracts.statistiek import Geslacht, Leeftijdsgroep
from platformkit.clock import Clock, today
from platformkit.db.context import DatabaseContext
from platformkit.errors import DomainError, TransientError
from platformkit.executor import Executor, UnitOfWork

_ROL = "dienst"


@dataclass(frozen=True)
class Persoonsverwijzing:
    """What the caller may know. `uiterlijk` is the 23rd birthday; `woongemeente` a CBS code or none (D6)."""

    persoon_ref: UUID
    vastgelegd_op: datetime
    uiterlijk: date
    woongemeente: str | None
    geheim: bool
    leeftijdsgroep: Leeftijdsgroep
    geslacht: Geslacht


class PersoonVastleggenHandler:
    """Does the same work for a youth who is known as for one who is not (D10)."""

    def __init__(
        self, brp: Brp, executor: Executor, personen: Callable[[AsyncConnection], Personen], clock: Clock
    ) -> None:
        self._brp = brp
        self._executor = executor
        self._personen = personen
        self._clock = clock

    async def __call__(self, command: PersoonVastleggen) -> Persoonsverwijzing:
        """Give the ref on lease.

        Raises:
            DomainError: no signal is possible on this person (R024).
            TransientError: `brp-niet-beschikbaar`; nothing is kept but the audit record.
        """
        vandaag = today(self._clock)
        context = _context(command.aanvrager, vandaag)
        try:
            lijst, geboren = toelaten(await self._brp.raadpleeg(command.bsn, command.doel), vandaag)
        except (DomainError, TransientError) as error:
            uitkomst = error.code

            async def refused(work: UnitOfWork) -> None:
                _audit(work, command.aanvrager, uitkomst, None)

            await self._executor.execute(refused, context)
            raise

        async def store(work: UnitOfWork) -> Persoonsverwijzing:
            return await self._vastleggen(work, command, lijst, geboren)

        return await self._executor.execute(store, context)

    async def _vastleggen(
        self, work: UnitOfWork, command: PersoonVastleggen, lijst: Persoonslijst, geboren: Geboortedatum
    ) -> Persoonsverwijzing:
        personen = self._personen(work.connection)
        await personen.neem_beurt(lijst.bsn, lijst.ouders)
        vorige = await personen.zoek(lijst.bsn)
        ref = vorige.persoon_ref if vorige else await personen.nieuwe_verwijzing(lijst.bsn)
        ouders = await personen.verwijzingen_van_ouders(lijst.ouders, vorige)
        if vorige is None:
            persoon, event = eerste(ref, ouders, lijst.woongemeente, geheim=lijst.geheim, nu=work.now)
        else:
            persoon, event = opnieuw(vorige, ouders, lijst.woongemeente, geheim=lijst.geheim, nu=work.now)
        await personen.bewaar(persoon, lijst, work.now)
        if vorige is not None:
            await personen.laat_ouders_gaan(vorige.ouder_refs - persoon.ouder_refs, work.now)
        work.emit(event, version=persoon.versie)
        _audit(work, command.aanvrager, "gevonden", ref)
        return Persoonsverwijzing(
            persoon_ref=ref,
            vastgelegd_op=work.now,
            uiterlijk=grensdatum(geboren),
            woongemeente=lijst.woongemeente,
            geheim=lijst.geheim,
            leeftijdsgroep=leeftijdsgroep(leeftijd_op(work.today, geboren)),
            geslacht=lijst.geslacht,
        )


def _context(aanvrager: Aanvrager, vandaag: date) -> DatabaseContext:
    """A service has no tenants: whose youth it is, the caller has checked (D17)."""
    subject = uuid5(NAMESPACE_URL, f"{aanvrager.issuer}#{aanvrager.dienst}")
    return DatabaseContext(subject=subject, role=_ROL, tenants=frozenset(), today=vandaag)


def _audit(work: UnitOfWork, aanvrager: Aanvrager, uitkomst: str, persoon_ref: UUID | None) -> None:
    work.audit("brp-raadpleging", outcome=uitkomst, actor=aanvrager.actor, role=aanvrager.rol, person=persoon_ref)
