"""The API of brp-proxy, for other services only."""

from typing import Annotated

from fastapi import APIRouter, Depends

from brp_proxy.application.commands import PersoonVastleggen, VerwijzingVergelijken
from brp_proxy.application.handlers.persoon_vastleggen import Vastleggen
from brp_proxy.application.handlers.verwijzing_vergelijken import Vergelijken
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.doel import Verwerkingsdoel
from contracts.http.persoonsverwijzingen import (
    VASTLEGGEN,
    VERGELIJKEN,
    Persoonsverwijzing,
    PersoonsverwijzingVraag,
    Vergelijking,
    VergelijkingVraag,
)
from platformkit.http.auth import asker, require
from platformkit.identity import Principal


def persoonsverwijzingen_router(vastleggen: Vastleggen, vergelijken: Vergelijken) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["persoonsverwijzingen"])

    @router.post(
        VASTLEGGEN.path,
        operation_id="persoonVastleggen",
        summary="Leg een jeugdige vast en krijg een verwijzing",
        description=(
            "Vraagt de jeugdige op bij de BRP en geeft een verwijzing in bruikleen. Zonder signaal vervalt die. "
            "Het antwoord is hetzelfde, of de jeugdige al bekend was of niet."
        ),
        responses={404: {"description": "Onbekend in de BRP"}, 409: {"description": "Geen signaal mogelijk"}},
    )
    async def leg_vast(
        vraag: PersoonsverwijzingVraag,
        dienst: Annotated[Principal, Depends(require(VASTLEGGEN.scope))],
        namens: Annotated[Principal, Depends(asker)],
    ) -> Persoonsverwijzing:
        """Give a ref on lease (D1)."""
        return await vastleggen(
            PersoonVastleggen(Bsn.ingevoerd(vraag.bsn), Verwerkingsdoel(vraag.doel), dienst, namens)
        )

    @router.post(
        VERGELIJKEN.path,
        operation_id="verwijzingVergelijken",
        summary="Vergelijk een BSN met een verwijzing die u al hebt",
        description="Zegt alleen of de verwijzing die van deze jeugdige is. Vraagt niets aan de BRP en legt niemand vast.",
    )
    async def vergelijk(
        vraag: VergelijkingVraag,
        dienst: Annotated[Principal, Depends(require(VERGELIJKEN.scope))],
        namens: Annotated[Principal, Depends(asker)],
    ) -> Vergelijking:
        """Tell whether two requests are about the same youth (D3)."""
        bsn = Bsn.ingevoerd(vraag.bsn)
        return Vergelijking(zelfde=await vergelijken(VerwijzingVergelijken(bsn, vraag.persoon_ref, dienst, namens)))

    return router
