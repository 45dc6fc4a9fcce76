"""Signals of the professional: issue, read, close."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response, status

from contracts.rollen import SIGNALEN_AFGEVEN, SIGNALEN_AFSLUITEN, SIGNALEN_LEZEN
from platformkit.clock import Clock, today
from platformkit.errors import DomainError
from platformkit.http.auth import Principal, require
from signaal.application.commands import SignaalAfgeven, SignaalAfsluiten
from signaal.application.handlers.signaal_afgeven import SignaalAfgevenHandler
from signaal.application.handlers.signaal_afsluiten import SignaalAfsluitenHandler
from signaal.application.queries import Lezen
from signaal.application.vragers import Accounts
from signaal.entrypoints.http.models import (
    AfgegevenAntwoord,
    AfsluitVerzoek,
    SignaalAntwoord,
    SignaalVerzoek,
    SignalenAntwoord,
)


def signalen_router(
    *,
    clock: Clock,
    accounts: Accounts,
    lezen: Lezen,
    afgeven: SignaalAfgevenHandler,
    afsluiten: SignaalAfsluitenHandler,
) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/signalen", tags=["signalen"])

    def vandaag() -> date:
        return today(clock)

    @router.post("", status_code=status.HTTP_201_CREATED, operation_id="signaalAfgeven")
    async def geef_af(
        verzoek: SignaalVerzoek,
        response: Response,
        vrager: Annotated[Principal, Depends(require(SIGNALEN_AFGEVEN))],
        idempotency_key: Annotated[str, Header(min_length=1, max_length=255)],
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
        na: Annotated[UUID | None, Query(description="'volgende' uit de vorige pagina")] = None,
    ) -> SignalenAntwoord:
        """De eigen signalen, nieuwste eerst."""
        account = await accounts.van(vrager)
        gevonden = await lezen.eigen_signalen(account.account_id, na, limiet + 1)
        getoond = gevonden[:limiet]
        meer = len(gevonden) > limiet
        return SignalenAntwoord(
            items=[SignaalAntwoord.van(each, vandaag()) for each in getoond],
            volgende=getoond[-1].signaal.signaal_id if meer else None,
        )

    @router.get("/{signaalId}", operation_id="signaalLezen")
    async def lees_een(
        signaalId: UUID,  # noqa: N803  # the path says it
        vrager: Annotated[Principal, Depends(require(SIGNALEN_LEZEN))],
    ) -> SignaalAntwoord:
        """Een eigen signaal."""
        account = await accounts.van(vrager)
        gevonden = await lezen.eigen_signaal(account.account_id, signaalId)
        if gevonden is None:
            raise DomainError("niet-gevonden")
        return SignaalAntwoord.van(gevonden, vandaag())

    @router.post("/{signaalId}/afsluitingen", status_code=status.HTTP_201_CREATED, operation_id="signaalAfsluiten")
    async def sluit_af(
        signaalId: UUID,  # noqa: N803
        verzoek: AfsluitVerzoek,
        response: Response,
        vrager: Annotated[Principal, Depends(require(SIGNALEN_AFSLUITEN))],
    ) -> SignaalAntwoord:
        """Sluit een eigen signaal af. Een Idempotency-Key is niet nodig: een tweede keer geeft signaal-niet-actief."""
        gevonden = await afsluiten(SignaalAfsluiten(vrager, signaalId))
        response.headers["Location"] = f"/v1/signalen/{signaalId}"
        return SignaalAntwoord.van(gevonden, vandaag())

    return router
