"""Signals of the professional: issue, read, close."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from contracts.base import SignaalId
from contracts.rollen import SIGNALEN_AFGEVEN, SIGNALEN_AFSLUITEN, SIGNALEN_LEZEN
from platformkit.http.auth import require
from platformkit.http.idempotency import Idempotency
from platformkit.identity import Principal
from signaal.application.commands import SignaalAfgeven, SignaalAfsluiten
from signaal.application.handlers.signaal_afgeven import Afgeven
from signaal.application.handlers.signaal_afsluiten import Afsluiten
from signaal.application.handlers.signalen_lezen import SignalenLezen
from signaal.entrypoints.http.models import (
    AfgegevenAntwoord,
    AfsluitVerzoek,
    SignaalAntwoord,
    SignaalVerzoek,
    SignalenAntwoord,
)


def signalen_router(*, afgeven: Afgeven, lezen: SignalenLezen, afsluiten: Afsluiten) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/signalen", tags=["signalen"])

    @router.post("", status_code=status.HTTP_201_CREATED, operation_id="signaalAfgeven")
    async def geef_af(
        verzoek: SignaalVerzoek,
        response: Response,
        vrager: Annotated[Principal, Depends(require(SIGNALEN_AFGEVEN))],
        idempotency_key: Idempotency,
    ) -> AfgegevenAntwoord:
        """Geef een signaal af op een jeugdige. Alleen het BSN en tot wanneer; nooit waarom."""
        command = SignaalAfgeven(vrager, verzoek.bsn, verzoek.wens, idempotency_key)
        gevonden = await afgeven(command)
        response.headers["Location"] = f"/v1/signalen/{gevonden.signaal.signaal_id}"
        return AfgegevenAntwoord.van(gevonden)

    @router.get("", operation_id="signalenLezen")
    async def lees_alle(
        vrager: Annotated[Principal, Depends(require(SIGNALEN_LEZEN))],
        limiet: Annotated[int, Query(ge=1, le=100)] = 50,
        na: Annotated[SignaalId | None, Query(description="'volgende' uit de vorige pagina")] = None,
    ) -> SignalenAntwoord:
        """De eigen signalen, nieuwste eerst."""
        gevonden = await lezen.eigen(vrager, na, limiet + 1)
        getoond = gevonden[:limiet]
        meer = len(gevonden) > limiet
        return SignalenAntwoord(
            items=[SignaalAntwoord.van(each) for each in getoond],
            volgende=getoond[-1].signaal.signaal_id if meer else None,
        )

    @router.get("/{signaalId}", operation_id="signaalLezen")
    async def lees_een(
        signaalId: SignaalId,  # noqa: N803  # the path says it
        vrager: Annotated[Principal, Depends(require(SIGNALEN_LEZEN))],
    ) -> SignaalAntwoord:
        """Een eigen signaal."""
        return SignaalAntwoord.van(await lezen.een_eigen(vrager, signaalId))

    @router.post("/{signaalId}/afsluitingen", status_code=status.HTTP_201_CREATED, operation_id="signaalAfsluiten")
    async def sluit_af(
        signaalId: SignaalId,  # noqa: N803
        verzoek: AfsluitVerzoek,
        response: Response,
        vrager: Annotated[Principal, Depends(require(SIGNALEN_AFSLUITEN))],
    ) -> SignaalAntwoord:
        """Sluit een eigen signaal af. Een Idempotency-Key is niet nodig: een tweede keer geeft signaal-niet-actief."""
        gevonden = await afsluiten(SignaalAfsluiten(vrager, signaalId))
        response.headers["Location"] = f"/v1/signalen/{signaalId}"
        return SignaalAntwoord.van(gevonden)

    return router
