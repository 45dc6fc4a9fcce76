"""Admit a professional: the natural person, and an account at one organisation and location (D6)."""

from contracts.base import AccountId
from platformkit.executor import Executor, UnitOfWork
from platformkit.ids import uuid7
from signaal.application import contexts
from signaal.application.commands import ProfessionalToelaten, Toegelaten
from signaal.application.ports import AccountRepository, OrganisatieRepository


class Toelaten:
    """Handles ProfessionalToelaten; a second time it brings contact data and location up to date."""

    def __init__(self, *, executor: Executor, accounts: AccountRepository, organisaties: OrganisatieRepository) -> None:
        self._executor = executor
        self._accounts = accounts
        self._organisaties = organisaties

    async def __call__(self, command: ProfessionalToelaten) -> Toegelaten:
        """The account.

        Raises:
            DomainError: `organisatie-onbekend`, `locatie-onbekend`, `identiteit-in-gebruik`.
        """
        return await self._executor.execute(self._laat_toe, contexts.beheer(command.beheerder), command)

    async def _laat_toe(self, work: UnitOfWork, command: ProfessionalToelaten) -> Toegelaten:
        await self._organisaties.controleer(work, command.organisatie, command.locatie)
        await self._accounts.bewaar_professional(
            work, command.professional_id, command.naam, command.email, command.telefoon
        )
        nieuw_id = AccountId(uuid7())
        account_id = await self._accounts.bewaar(
            work,
            account_id=nieuw_id,
            professional_id=command.professional_id,
            issuer=command.issuer,
            subject=command.subject,
            organisatie=command.organisatie,
            locatie=command.locatie,
        )
        nieuw = account_id == nieuw_id
        work.audit(
            "professional-toelaten",
            outcome="nieuw" if nieuw else "bijgewerkt",
            object=account_id,
        )
        return Toegelaten(command.professional_id, account_id, nieuw=nieuw)
