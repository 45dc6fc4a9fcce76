"""Admit a professional: the natural person, and an account at one organisation and location (D6)."""

from uuid import UUID

from platformkit.clock import Clock, today
from platformkit.executor import Executor, UnitOfWork
from platformkit.ids import uuid7
from signaal.application import contexts
from signaal.application.commands import ProfessionalToelaten, Toegelaten
from signaal.application.ports import Deelnemers


class ProfessionalToelatenHandler:
    """Handles ProfessionalToelaten; a second time it brings contact data and location up to date."""

    def __init__(self, *, executor: Executor, clock: Clock, deelnemers: Deelnemers) -> None:
        self._executor = executor
        self._clock = clock
        self._deelnemers = deelnemers

    async def __call__(self, command: ProfessionalToelaten) -> Toegelaten:
        """The account.

        Raises:
            DomainError: `organisatie-onbekend`, `locatie-onbekend`, `identiteit-in-gebruik`.
        """
        nieuw_id: UUID = uuid7()

        async def laat_toe(work: UnitOfWork) -> UUID:
            await self._deelnemers.controleer(work, command.organisatie, command.locatie)
            await self._deelnemers.bewaar_professional(
                work, command.professional_id, command.naam, command.email, command.telefoon
            )
            account_id = await self._deelnemers.bewaar_account(
                work,
                account_id=nieuw_id,
                professional_id=command.professional_id,
                issuer=command.issuer,
                subject=command.subject,
                organisatie=command.organisatie,
                locatie=command.locatie,
            )
            work.audit(
                "professional-toelaten",
                outcome="nieuw" if account_id == nieuw_id else "bijgewerkt",
                actor=command.beheerder.actor,
                role=command.beheerder.role,
                object=account_id,
            )
            return account_id

        account_id = await self._executor.execute(laat_toe, contexts.beheer(today(self._clock)))
        return Toegelaten(command.professional_id, account_id, nieuw=account_id == nieuw_id)
