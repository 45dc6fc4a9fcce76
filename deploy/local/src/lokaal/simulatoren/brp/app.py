"""The web application of the BRP simulator: the official operations, and the control calls beside them."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from lokaal.proces import control_refusal, new_app, problem, wrong_order
from lokaal.simulatoren.brp import fouten
from lokaal.simulatoren.brp.antwoord import Antwoorder, Uitkomst
from lokaal.simulatoren.brp.besturing import Besturing, Eindpunt, Opdracht
from lokaal.simulatoren.brp.model import MutatieError
from lokaal.simulatoren.brp.mutaties import MUTATIE, voer_uit
from lokaal.simulatoren.brp.personen import Personenbestand
from lokaal.simulatoren.brp.updates import VOLGINDICATIES, WIJZIGINGEN, UpdateAntwoorder
from lokaal.simulatoren.brp.volgen import Volgindicaties

_SIMULATOR = {"x-simulator": "brp"}
_OPGEDRAGEN = {
    "401": fouten.NIET_GEAUTHENTICEERD,
    "403": fouten.NIET_GEAUTORISEERD,
    "429": fouten.TE_VEEL,
    "500": fouten.INTERN,
    "503": fouten.NIET_BESCHIKBAAR,
}


_PAD: dict[Eindpunt, str] = {"personen": fouten.PAD, "volgindicaties": VOLGINDICATIES, "wijzigingen": WIJZIGINGEN}


def create_app(personen: Personenbestand, api_key: str, vandaag: Callable[[], date]) -> FastAPI:
    """Return the simulator; `vandaag` gives the date of the domain clock."""
    app = new_app("brp-simulator")
    besturing = Besturing()
    volgindicaties = Volgindicaties(vandaag)

    @app.get("/")
    async def wat_is_dit() -> dict[str, object]:
        return {
            "naam": "BRP-simulator",
            "simulator": True,
            "melding": "Dit is een simulator van de Haal Centraal BRP API Personen 2.7.0 en de BRP Update API 1.0.0, "
            "met verzonnen testpersonen.",
            "personen": len(personen),
            "api": fouten.PAD,
            "updateApi": fouten.UPDATE_PAD,
            "besturing": "/_besturing",
        }

    app.include_router(_personen_api(besturing, personen, Antwoorder(api_key, vandaag)))
    app.include_router(_update_api(besturing, UpdateAntwoorder(personen, volgindicaties, api_key)))
    app.include_router(_besturing_router(besturing, personen, volgindicaties))
    app.include_router(_personen_router(personen, volgindicaties))
    app.include_router(_mutaties_router(personen, volgindicaties, vandaag))
    return app


def _personen_api(besturing: Besturing, personen: Personenbestand, antwoorder: Antwoorder) -> APIRouter:
    router = APIRouter()
    bronnen = {"ander": personen.ander, "oud": personen.vorige}

    @router.post(fouten.PAD)
    async def raadpleeg(request: Request) -> Response:
        inhoud = await request.body()

        def maak(opdracht: Opdracht) -> Uitkomst:
            bron = bronnen.get(opdracht.fout or "", personen.zoek)
            return antwoorder.antwoord(request.headers, inhoud, bron)

        return await _antwoord(besturing, "personen", maak)

    return router


def _update_api(besturing: Besturing, antwoorder: UpdateAntwoorder) -> APIRouter:
    router = APIRouter()

    @router.get(VOLGINDICATIES)
    async def actieve(request: Request) -> Response:
        return await _antwoord(besturing, "volgindicaties", lambda _: antwoorder.actieve(request.headers))

    @router.get(VOLGINDICATIES + "/{bsn}")
    async def een(bsn: str, request: Request) -> Response:
        return await _antwoord(besturing, "volgindicaties", lambda _: antwoorder.een(request.headers, bsn))

    @router.put(VOLGINDICATIES + "/{bsn}")
    async def zet(bsn: str, request: Request) -> Response:
        inhoud = await request.body()
        return await _antwoord(besturing, "volgindicaties", lambda _: antwoorder.zet(request.headers, bsn, inhoud))

    @router.get(WIJZIGINGEN)
    async def wijzigingen(request: Request) -> Response:
        vraag = request.query_params
        return await _antwoord(besturing, "wijzigingen", lambda _: antwoorder.wijzigingen(request.headers, vraag))

    return router


async def _antwoord(besturing: Besturing, eindpunt: Eindpunt, maak: Callable[[Opdracht], Uitkomst]) -> Response:
    """Answer a call as told, or else as the API does."""
    opdracht = besturing.neem(eindpunt)
    seconden = opdracht.vertraging_ms / 1000
    if opdracht.fout != "druppelen":
        await asyncio.sleep(seconden)
    if opdracht.fout == "breken":
        besturing.tel(eindpunt, "breken")
        return fouten.AfgebrokenAntwoord()
    if fout := _OPGEDRAGEN.get(opdracht.fout or ""):
        uitkomst = Uitkomst(fouten.antwoord(fout, _PAD[eindpunt], opdracht.retry_after))
    else:
        uitkomst = maak(opdracht)
    response = uitkomst.response
    besturing.tel(eindpunt, str(response.status_code), uitkomst.gevraagd, uitkomst.geleverd)
    match opdracht.fout:
        case "kapot":
            response = fouten.kapot(response)
        case "verkeerd-type":
            response = fouten.verkeerd_type(response)
        case "druppelen":
            response = fouten.druppelend(response, seconden)
    response.headers.update(_SIMULATOR)
    return response


def _besturing_router(besturing: Besturing, personen: Personenbestand, volgindicaties: Volgindicaties) -> APIRouter:
    router = APIRouter(prefix="/_besturing")

    @router.get("")
    async def toestand() -> dict[str, object]:
        return besturing.toestand() | {"personen": len(personen), "gevolgd": len(volgindicaties)}

    @router.put("")
    async def bestuur(request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        try:
            besturing.draag_op(Opdracht.model_validate_json(await request.body()))
        except ValidationError as error:
            return wrong_order(error)
        return JSONResponse(besturing.toestand())

    @router.delete("")
    async def herstel(request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        besturing.herstel()
        personen.herstel()
        volgindicaties.herstel()
        return Response(status_code=204)

    return router


def _personen_router(personen: Personenbestand, volgindicaties: Volgindicaties) -> APIRouter:
    router = APIRouter(prefix="/_besturing/personen")

    @router.put("/{bsn}")
    async def zet_persoon(bsn: str, request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        inhoud = _json(await request.body())
        lijsten = inhoud if isinstance(inhoud, list) else [inhoud]
        if not re.fullmatch(r"[0-9]{9}", bsn, re.ASCII) or not all(isinstance(lijst, dict) for lijst in lijsten):
            detail = "Stuur een JSON-object, of een lijst daarvan (alle persoonslijsten), met een BSN van 9 cijfers."
            return problem(400, "persoonOnjuist", "Deze persoon klopt niet", detail)
        if isinstance(inhoud, list):
            personen.zet_lijsten(bsn, lijsten)
        elif not personen.zet(bsn, inhoud):
            detail = "Deze BSN is hier niet bekend. Stuur een hele persoon, met het veld burgerservicenummer."
            return problem(404, "persoonOnbekend", "Onbekende persoon", detail)
        volgindicaties.gewijzigd(bsn)
        return Response(status_code=204)

    @router.delete("/{bsn}")
    async def vergeet_persoon(bsn: str, request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        personen.vergeet(bsn)
        volgindicaties.gewijzigd(bsn)
        return Response(status_code=204)

    return router


def _mutaties_router(
    personen: Personenbestand, volgindicaties: Volgindicaties, vandaag: Callable[[], date]
) -> APIRouter:
    router = APIRouter(prefix="/_besturing/mutaties")

    @router.post("")
    async def muteer(request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        try:
            gewijzigd = voer_uit(personen, MUTATIE.validate_json(await request.body()), vandaag())
        except ValidationError as error:
            return wrong_order(error)
        except MutatieError as error:
            return problem(409, "mutatieKanNiet", "Dit kan deze persoon niet overkomen", str(error))
        volgindicaties.gewijzigd(*gewijzigd)
        return JSONResponse({"gewijzigd": sorted(gewijzigd)})

    return router


def _json(inhoud: bytes) -> Any:
    try:
        return json.loads(inhoud)
    except ValueError:
        return None
