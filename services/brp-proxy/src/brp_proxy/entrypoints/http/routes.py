"""The API of brp-proxy, for other services only."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from brp_proxy.application.commands import Aanvrager, PersoonVastleggen
from brp_proxy.application.handlers.persoon_vastleggen import PersoonVastleggenHandler
from brp_proxy.domain.bsn import Bsn
from brp_proxy.entrypoints.http.models import PersoonsverwijzingAntwoord, PersoonsverwijzingVraag
from contracts.rollen import PERSONEN_VASTLEGGEN
from platformkit.http.auth import Principal, on_behalf_of, require

router = APIRouter(tags=["persoonsverwijzingen"])


@router.post(
    "/persoonsverwijzingen",
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
    request: Request,
    dienst: Annotated[Principal, Depends(require(PERSONEN_VASTLEGGEN))],
    namens: Annotated[Principal | None, Depends(on_behalf_of)],
) -> PersoonsverwijzingAntwoord:
    """Give a ref on lease (D1)."""
    handler: PersoonVastleggenHandler = request.app.state.persoon_vastleggen
    aanvrager = Aanvrager(
        issuer=dienst.issuer,
        dienst=dienst.subject,
        namens=namens.actor if namens else None,
        rol=namens.role if namens else "dienst",
    )
    command = PersoonVastleggen(Bsn.ingevoerd(vraag.bsn), vraag.doel, aanvrager)
    return PersoonsverwijzingAntwoord.van(await handler(command))
