"""What other services ask with their own identity (D17); the contracts say what and how."""

from typing import Annotated

from fastapi import APIRouter, Depends

from contracts.base import PersoonRef
from contracts.http.deelnemers import (
    BESTAAN,
    CONTACTGEGEVENS,
    EIGEN_ACCOUNT,
    MELDADRESSEN,
    VERHUISONTVANGERS,
    Bestaan,
    Contacten,
    ContactVraag,
    EigenAccount,
    Meldadressen,
    MeldadressenVanAccounts,
    MeldadresVanCoordinator,
    Verhuisontvangers,
    VerhuizingVraag,
)
from platformkit.http.auth import asker, require
from platformkit.identity import Principal
from signaal.application.handlers.contactgegevens_geven import ContactgegevensGeven
from signaal.application.handlers.meldadres_geven import MeldadresGeven
from signaal.application.handlers.signalen_lezen import SignalenLezen
from signaal.application.handlers.verhuisontvangers_geven import VerhuisontvangersGeven
from signaal.application.vragers import Accounts


def diensten_router(
    *,
    accounts: Accounts,
    lezen: SignalenLezen,
    contactgegevens: ContactgegevensGeven,
    meldadres: MeldadresGeven,
    verhuisontvangers: VerhuisontvangersGeven,
) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["diensten"])

    @router.get(BESTAAN.path, operation_id="signalenBestaan", dependencies=[Depends(require(BESTAAN.scope))])
    async def bestaan(persoonRef: PersoonRef) -> Bestaan:  # noqa: N803
        """Of er een signaal staat op deze jeugdige, ook een dat niet meer actief is."""
        return Bestaan(bestaat=await lezen.bestaat(persoonRef))

    @router.post(CONTACTGEGEVENS.path, operation_id="contactgegevensLezen")
    async def contacten(
        vraag: ContactVraag,
        dienst: Annotated[Principal, Depends(require(CONTACTGEGEVENS.scope))],
        gebruiker: Annotated[Principal, Depends(asker)],
    ) -> Contacten:
        """Naam en contactgegevens van professionals, zolang het eigen signaal van de gebruiker actief is. Wordt vastgelegd."""
        return Contacten(items=list(await contactgegevens(dienst, gebruiker, vraag.accounts, vraag.aanleidingen)))

    @router.get(
        EIGEN_ACCOUNT.path, operation_id="eigenAccountLezen", dependencies=[Depends(require(EIGEN_ACCOUNT.scope))]
    )
    async def eigen(gebruiker: Annotated[Principal, Depends(asker)]) -> EigenAccount:
        """Welk account de gebruiker uit de header Namens heeft."""
        account = await accounts.van(gebruiker)
        return EigenAccount(
            account_id=account.account_id, professional_id=account.professional_id, organisatie=account.organisatie
        )

    @router.post(MELDADRESSEN.path, operation_id="meldadresLezen")
    async def adressen(
        vraag: MeldadressenVanAccounts | MeldadresVanCoordinator,
        dienst: Annotated[Principal, Depends(require(MELDADRESSEN.scope))],
    ) -> Meldadressen:
        """E-mailadressen voor berichten, op het moment van versturen. Wie ontbreekt, is onbekend."""
        if isinstance(vraag, MeldadressenVanAccounts):
            return Meldadressen(items=list(await meldadres.van_accounts(dienst, vraag.accounts)))
        return Meldadressen(items=list(await meldadres.van_coordinator(dienst, vraag.coordinator_van)))

    @router.post(VERHUISONTVANGERS.path, operation_id="verhuisontvangersLezen")
    async def van_verhuizing(
        vraag: VerhuizingVraag,
        dienst: Annotated[Principal, Depends(require(VERHUISONTVANGERS.scope))],
    ) -> Verhuisontvangers:
        """Wie bericht krijgt van een verhuizing. 503 zolang die hier nog niet bekend is."""
        return await verhuisontvangers(dienst, vraag)

    return router
