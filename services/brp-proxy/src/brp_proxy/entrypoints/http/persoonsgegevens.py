"""What is stored of a youth, for services that show or count (R012)."""

from typing import Annotated

from fastapi import APIRouter, Depends

from brp_proxy.application.commands import KaartgegevensLezen, KlassegegevensLezen
from brp_proxy.application.handlers.persoonsgegevens_lezen import KaartLezen, KlasseLezen
from contracts.http.persoonsgegevens import (
    KAARTGEGEVENS,
    KLASSEGEGEVENS,
    KaartgegevensAntwoord,
    KlassegegevensAntwoord,
    PersoonsgegevensVraag,
)
from platformkit.http.auth import asker, require
from platformkit.identity import Principal


def persoonsgegevens_router(kaart: KaartLezen, klasse: KlasseLezen) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["persoonsgegevens"])

    @router.post(
        KAARTGEGEVENS.path,
        operation_id="kaartgegevensLezen",
        summary="Lees wat er op de kaart van jeugdigen staat",
        description=(
            "Geeft wat het laatst uit de BRP is overgenomen, ook als de BRP er niet is. Een onbekende en een vernietigde"
            " verwijzing ontbreken in het antwoord."
        ),
    )
    async def lees_kaart(
        vraag: PersoonsgegevensVraag,
        dienst: Annotated[Principal, Depends(require(KAARTGEGEVENS.scope))],
        namens: Annotated[Principal, Depends(asker)],
    ) -> KaartgegevensAntwoord:
        """Read cards in the name of a user."""
        return await kaart(KaartgegevensLezen(vraag.personen, dienst, namens))

    @router.post(
        KLASSEGEGEVENS.path,
        operation_id="klassegegevensLezen",
        summary="Lees wat het einde en de klasse van signalen bepaalt",
        description="Als bij de kaart, zonder wat iemand herkenbaar maakt. Voor een dienst zelf.",
    )
    async def lees_klasse(
        vraag: PersoonsgegevensVraag, dienst: Annotated[Principal, Depends(require(KLASSEGEGEVENS.scope))]
    ) -> KlassegegevensAntwoord:
        """Read classes."""
        return await klasse(KlassegegevensLezen(vraag.personen, dienst))

    return router
