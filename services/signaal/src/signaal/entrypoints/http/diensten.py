"""What other services ask with their own identity (D17)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from contracts.rollen import CONTACTGEGEVENS_LEZEN, MELDADRESSEN_LEZEN, SIGNALEN_BESTAAN
from platformkit.errors import DomainError
from platformkit.http.auth import Principal, on_behalf_of, require
from signaal.application.handlers.contactgegevens_geven import ContactgegevensGevenHandler
from signaal.application.handlers.meldadres_geven import MeldadresGevenHandler
from signaal.application.queries import Lezen
from signaal.application.vragers import Accounts
from signaal.entrypoints.http.models import (
    AccountAntwoord,
    BestaanAntwoord,
    ContactAntwoord,
    ContactenAntwoord,
    ContactVerzoek,
    Meldadres,
    MeldadressenAntwoord,
    MeldadressenVanAccounts,
    MeldadresVanCoordinator,
)


async def _gebruiker(namens: Annotated[Principal | None, Depends(on_behalf_of)]) -> Principal:
    """The user for whom a service asks, who must be named."""
    if namens is None:
        raise DomainError("namens-ontbreekt")
    return namens


def diensten_router(
    *,
    accounts: Accounts,
    lezen: Lezen,
    contactgegevens: ContactgegevensGevenHandler,
    meldadres: MeldadresGevenHandler,
) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["diensten"])

    @router.get(
        "/personen/{persoonRef}/signalen/bestaan",
        operation_id="signalenBestaan",
        dependencies=[Depends(require(SIGNALEN_BESTAAN))],
    )
    async def bestaan(persoonRef: UUID) -> BestaanAntwoord:  # noqa: N803
        """Of er een signaal staat op deze jeugdige, ook een dat niet meer actief is."""
        return BestaanAntwoord(bestaat=await lezen.bestaat_signaal(persoonRef))

    @router.post("/contactgegevens", operation_id="contactgegevensLezen")
    async def contacten(
        verzoek: ContactVerzoek,
        dienst: Annotated[Principal, Depends(require(CONTACTGEGEVENS_LEZEN))],
        gebruiker: Annotated[Principal, Depends(_gebruiker)],
    ) -> ContactenAntwoord:
        """Naam en contactgegevens van professionals, namens een gebruiker. Elke inzage wordt vastgelegd."""
        gevonden = await contactgegevens(dienst, gebruiker, verzoek.accounts)
        return ContactenAntwoord(items=[ContactAntwoord.van(each) for each in gevonden])

    @router.get(
        "/accounts/eigen",
        operation_id="eigenAccountLezen",
        dependencies=[Depends(require(CONTACTGEGEVENS_LEZEN))],
    )
    async def eigen(gebruiker: Annotated[Principal, Depends(_gebruiker)]) -> AccountAntwoord:
        """Welk account de gebruiker uit de header Namens heeft."""
        account = await accounts.van(gebruiker)
        return AccountAntwoord(
            account_id=account.account_id, professional_id=account.professional_id, organisatie=account.organisatie
        )

    @router.post("/meldadressen", operation_id="meldadresLezen")
    async def adressen(
        verzoek: MeldadressenVanAccounts | MeldadresVanCoordinator,
        dienst: Annotated[Principal, Depends(require(MELDADRESSEN_LEZEN))],
    ) -> MeldadressenAntwoord:
        """E-mailadressen voor berichten, op het moment van versturen. Wie ontbreekt, hoeft geen bericht te krijgen."""
        if isinstance(verzoek, MeldadressenVanAccounts):
            contacten = await meldadres.van_accounts(dienst, verzoek.accounts)
            return MeldadressenAntwoord(items=[Meldadres(account=c.account_id, email=c.email) for c in contacten])
        email = await meldadres.van_coordinator(dienst, verzoek.coordinator_van, verzoek.personen)
        return MeldadressenAntwoord(items=[Meldadres(account=None, email=email)] if email else [])

    return router
