"""PersoonVastleggen: ask the BRP, decide, store, tell."""

from uuid import UUID

from brp_proxy.application import contexts
from brp_proxy.application.commands import PersoonVastleggen
from brp_proxy.application.opslag import leg_vast
from brp_proxy.application.ports import Brp, PersoonRepository
from brp_proxy.domain.leeftijd import grensdatum, leeftijd_op, leeftijdsgroep
from brp_proxy.domain.persoonslijst import Persoonslijst, toelaten
from contracts.http.persoonsverwijzingen import Persoonsverwijzing
from platformkit.errors import DomainError, TransientError
from platformkit.executor import Executor, UnitOfWork


class Vastleggen:
    """Does the same work for a youth who is known as for one who is not (D10)."""

    def __init__(self, brp: Brp, executor: Executor, personen: PersoonRepository) -> None:
        self._brp = brp
        self._executor = executor
        self._personen = personen

    async def __call__(self, command: PersoonVastleggen) -> Persoonsverwijzing:
        """Give the ref on lease.

        Raises:
            DomainError: no signal is possible on this person (R024).
            TransientError: `brp-niet-beschikbaar`; nothing is kept but the audit record.
        """
        context = contexts.dienst(command.dienst, command.namens)
        try:
            lijst = await self._brp.raadpleeg(command.bsn, command.doel)
        except (DomainError, TransientError) as error:
            await self._executor.execute(_noteer_geen, context, error.code)
            raise
        uitkomst = await self._executor.execute(self._beoordeel, context, lijst)
        if isinstance(uitkomst, DomainError):
            raise uitkomst
        return uitkomst

    async def _beoordeel(self, work: UnitOfWork, lijst: Persoonslijst | None) -> Persoonsverwijzing | DomainError:
        """A refusal is a result: its audit record is committed."""
        try:
            gevonden, geboren = toelaten(lijst, work.today)
        except DomainError as weigering:
            _noteer(work, weigering.code, None)
            return weigering
        persoon = await leg_vast(work, self._personen, gevonden)
        _noteer(work, "gevonden", persoon.persoon_ref)
        return Persoonsverwijzing(
            persoon_ref=persoon.persoon_ref,
            vastgelegd_op=work.now,
            uiterlijk=grensdatum(geboren),
            woongemeente=gevonden.woongemeente,
            geheim=gevonden.geheim,
            leeftijdsgroep=leeftijdsgroep(leeftijd_op(work.today, geboren)),
            geslacht=gevonden.geslacht,
            versie=persoon.versie,
        )


def _noteer(work: UnitOfWork, uitkomst: str, persoon_ref: UUID | None) -> None:
    work.audit("brp-raadpleging", outcome=uitkomst, person=persoon_ref)


async def _noteer_geen(work: UnitOfWork, uitkomst: str) -> None:
    _noteer(work, uitkomst, None)
