"""Matches of the professional."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from contracts.base import MatchId
from contracts.rollen import MATCHES_LEZEN
from match.application.handlers.matches_tonen import MatchesTonen
from match.application.queries import Stand
from match.entrypoints.http.models import MatchAntwoord, MatchesAntwoord
from platformkit.http.auth import require
from platformkit.identity import Principal


def matches_router(tonen: MatchesTonen) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/matches", tags=["matches"])

    @router.get("", operation_id="matchesLezen")
    async def lees_alle(
        vrager: Annotated[Principal, Depends(require(MATCHES_LEZEN))],
        status: Annotated[Stand | None, Query(description="Alleen matches die zo staan")] = None,
        limiet: Annotated[int, Query(ge=1, le=100)] = 50,
        na: Annotated[MatchId | None, Query(description="'volgende' uit de vorige pagina")] = None,
    ) -> MatchesAntwoord:
        """De eigen matches, nieuwste eerst; zolang een match geldt met de contactgegevens van de andere professional."""
        return MatchesAntwoord.van(await tonen.bladzijde(vrager, status, na, limiet))

    @router.get("/{matchId}", operation_id="matchLezen")
    async def lees_een(
        matchId: MatchId,  # noqa: N803  # the path says it
        vrager: Annotated[Principal, Depends(require(MATCHES_LEZEN))],
    ) -> MatchAntwoord:
        """Een eigen match; zolang die geldt met de contactgegevens van de andere professional."""
        return MatchAntwoord.van(await tonen.een(vrager, matchId))

    return router
