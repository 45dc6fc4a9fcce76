"""The web application of the BRP simulator: the official operation, and the control calls beside it."""

import asyncio
import json
import re
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from lokaal.proces import control_refusal, new_app, problem, wrong_order
from lokaal.simulatoren.brp import fouten
from lokaal.simulatoren.brp.antwoord import Antwoorder, Uitkomst
from lokaal.simulatoren.brp.besturing import Besturing, Opdracht
from lokaal.simulatoren.brp.personen import Personenbestand

_SIMULATOR = {"x-simulator": "brp"}
_OPGEDRAGEN = {
    "401": fouten.NIET_GEAUTHENTICEERD,
    "403": fouten.NIET_GEAUTORISEERD,
    "429": fouten.TE_VEEL,
    "500": fouten.INTERN,
    "503": fouten.NIET_BESCHIKBAAR,
}


def create_app(personen: Personenbestand, antwoorder: Antwoorder) -> FastAPI:
    """Return the simulator."""
    app = new_app("brp-simulator")
    besturing = Besturing()

    @app.get("/")
    async def wat_is_dit() -> dict[str, object]:
        return {
            "naam": "BRP-simulator",
            "simulator": True,
            "melding": "Dit is een simulator van de Haal Centraal BRP API Personen 2.7.0, met verzonnen testpersonen.",
            "personen": len(personen),
            "api": fouten.PAD,
            "besturing": "/_besturing",
        }

    @app.post(fouten.PAD)
    async def raadpleeg(request: Request) -> Response:
        opdracht = besturing.neem()
        if opdracht.vertraging_ms:
            await asyncio.sleep(opdracht.vertraging_ms / 1000)
        if opdracht.fout == "breken":
            besturing.tel("breken")
            return fouten.AfgebrokenAntwoord()
        if opdracht.fout:
            uitkomst = Uitkomst(fouten.antwoord(_OPGEDRAGEN[opdracht.fout]))
        else:
            uitkomst = antwoorder.antwoord(request.headers, await request.body())
        response = uitkomst.response
        besturing.tel(str(response.status_code), uitkomst.gevraagd, uitkomst.geleverd)
        response.headers.update(_SIMULATOR)
        return response

    app.include_router(_besturing_router(besturing, personen))
    app.include_router(_personen_router(personen))
    return app


def _besturing_router(besturing: Besturing, personen: Personenbestand) -> APIRouter:
    router = APIRouter(prefix="/_besturing")

    @router.get("")
    async def toestand() -> dict[str, object]:
        return besturing.toestand() | {"personen": len(personen)}

    @router.put("")
    async def bestuur(request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        try:
            besturing.opdracht = Opdracht.model_validate_json(await request.body())
        except ValidationError as error:
            return wrong_order(error)
        return JSONResponse(besturing.toestand())

    @router.delete("")
    async def herstel(request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        besturing.herstel()
        personen.herstel()
        return Response(status_code=204)

    return router


def _personen_router(personen: Personenbestand) -> APIRouter:
    router = APIRouter(prefix="/_besturing/personen")

    @router.put("/{bsn}")
    async def zet_persoon(bsn: str, request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        document = _document(await request.body())
        if document is None or not re.fullmatch(r"[0-9]{9}", bsn):
            detail = "Stuur een JSON-object, met een BSN van 9 cijfers."
            return problem(400, "persoonOnjuist", "Deze persoon klopt niet", detail)
        if not personen.zet(bsn, document):
            detail = "Deze BSN is hier niet bekend. Stuur een hele persoon, met het veld burgerservicenummer."
            return problem(404, "persoonOnbekend", "Onbekende persoon", detail)
        return Response(status_code=204)

    @router.delete("/{bsn}")
    async def vergeet_persoon(bsn: str, request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        personen.vergeet(bsn)
        return Response(status_code=204)

    return router


def _document(inhoud: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(inhoud)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
