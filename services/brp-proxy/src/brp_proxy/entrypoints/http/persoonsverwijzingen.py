"""The API of brp-proxy, for other services only."""

from typing import Annotated

from fastapi import APIRouter, Depends

from brp_proxy.application.commands import PersoonVastleggen
from brp_proxy.application.handlers.persoon_vastleggen import Vastleggen
from brp_proxy.domain.bsn import Bsn
from contracts.http.persoonsverwijzingen import VASTLEGGEN, Persoonsverwijzing, PersoonsverwijzingVraag
from platformkit.http.auth import on_behalf_of, require
from platformkit.identity import Principal


def persoonsverwijzingen_router(vastleggen: Vastleggen) -> APIRouter:
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
        namens: Annotated[Principal | None, Depends(on_behalf_of)],
    ) -> Persoonsverwijzing:
        """Give a ref on lease (D1)."""
        return await vastleggen(PersoonVastleggen(Bsn.ingevoerd(vraag.bsn), vraag.doel, dienst, namens))

    return router
