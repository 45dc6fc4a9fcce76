"""What notificatie asks with its own identity (D17); the contract says what and how."""

from typing import Annotated

from fastapi import APIRouter, Depends

from contracts.http.regie import REGIEPARTIJ, Regiepartij, RegiepartijVraag
from match.application.handlers.regiepartij_zoeken import RegiepartijZoeken
from platformkit.http.auth import require
from platformkit.identity import Principal


def regie_router(zoeken: RegiepartijZoeken) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["diensten"])

    @router.post(REGIEPARTIJ.path, operation_id="regiepartijZoeken")
    async def regiepartij(
        vraag: RegiepartijVraag, dienst: Annotated[Principal, Depends(require(REGIEPARTIJ.scope))]
    ) -> Regiepartij:
        """Of een organisatie die de matchregie kan hebben een actief signaal heeft op een van deze jeugdigen."""
        return Regiepartij(betrokken=await zoeken(dienst, vraag.personen))

    return router
