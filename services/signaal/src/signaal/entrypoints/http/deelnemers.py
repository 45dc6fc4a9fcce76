"""Organisations and the professionals that work for them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from contracts.base import ProfessionalId
from contracts.rollen import DEELNEMERS_BEHEREN
from platformkit.http.auth import require
from platformkit.identity import Principal
from signaal.application.commands import ProfessionalToelaten
from signaal.application.handlers.organisaties_zoeken import OrganisatiesZoeken
from signaal.application.handlers.professional_toelaten import Toelaten
from signaal.entrypoints.http.models import (
    OrganisatieAntwoord,
    OrganisatiesAntwoord,
    ProfessionalAntwoord,
    ProfessionalVerzoek,
)


def deelnemers_router(*, zoeken: OrganisatiesZoeken, toelaten: Toelaten) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["deelnemers"])

    @router.get("/organisaties", operation_id="organisatiesZoeken", dependencies=[Depends(require(DEELNEMERS_BEHEREN))])
    async def zoek(
        naam: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$", description="Deel van naam of alias")] = "",
    ) -> OrganisatiesAntwoord:
        """Organisaties waarvan de naam of een alias deze tekst bevat; zonder tekst alle."""
        gevonden = await zoeken(naam.strip())
        return OrganisatiesAntwoord(items=[OrganisatieAntwoord.van(each) for each in gevonden])

    @router.put(
        "/professionals/{professionalId}",
        operation_id="professionalToelaten",
        responses={201: {"description": "Toegelaten", "model": ProfessionalAntwoord}},
    )
    async def laat_toe(
        professionalId: ProfessionalId,  # noqa: N803
        verzoek: ProfessionalVerzoek,
        response: Response,
        beheerder: Annotated[Principal, Depends(require(DEELNEMERS_BEHEREN))],
    ) -> ProfessionalAntwoord:
        """Laat een professional toe, of werk de contactgegevens bij. Bij een andere organisatie komt er een account bij."""
        toegelaten = await toelaten(
            ProfessionalToelaten(
                beheerder=beheerder,
                professional_id=professionalId,
                naam=verzoek.naam,
                email=verzoek.email,
                telefoon=verzoek.telefoon,
                issuer=verzoek.issuer.rstrip("/"),
                subject=verzoek.subject,
                organisatie=verzoek.organisatie_id,
                locatie=verzoek.locatie_id,
            )
        )
        response.status_code = status.HTTP_201_CREATED if toegelaten.nieuw else status.HTTP_200_OK
        return ProfessionalAntwoord(professional_id=toegelaten.professional_id, account_id=toegelaten.account_id)

    return router
