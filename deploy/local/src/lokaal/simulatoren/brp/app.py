"""The web application of the BRP simulator."""

import asyncio
import hmac
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from lokaal.proces import control_refusal, new_app, problem
from lokaal.simulatoren.brp import fouten
from lokaal.simulatoren.brp.besturing import Besturing, Opdracht
from lokaal.simulatoren.brp.leeftijd import leeftijd
from lokaal.simulatoren.brp.personen import Personenbestand
from lokaal.simulatoren.brp.velden import keuze, projecteer
from lokaal.simulatoren.brp.vraag import RAADPLEEG, controleer_raadpleging, controleer_type

_MEDIA_TYPE = "application/json; charset=utf-8"
_SIMULATOR = {"x-simulator": "brp"}
_OPGEDRAGEN = {
    "401": fouten.NIET_GEAUTHENTICEERD,
    "403": fouten.NIET_GEAUTORISEERD,
    "429": fouten.TE_VEEL,
    "500": fouten.INTERN,
    "503": fouten.NIET_BESCHIKBAAR,
}


def create_app(personen: Personenbestand, api_key: str, vandaag: Callable[[], date]) -> FastAPI:
    """Return the simulator; `vandaag` gives the date that ages are counted on."""
    app = new_app("brp-simulator")
    besturing = Besturing()

    @app.get("/")
    async def wat_is_dit() -> dict[str, object]:
        return {
            "naam": "BRP-simulator",
            "simulator": True,
            "melding": "Dit is een simulator van de Haal Centraal BRP API Personen 2.7.0, met verzonnen testpersonen van RvIG.",
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
        response = fouten.antwoord(_OPGEDRAGEN[opdracht.fout]) if opdracht.fout else await _beantwoord(request)
        besturing.tel(str(response.status_code))
        response.headers.update(_SIMULATOR)
        return response

    async def _beantwoord(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("x-api-key", "").encode(), api_key.encode()):
            return fouten.antwoord(fouten.NIET_GEAUTHENTICEERD)
        if not _acceptabel(request.headers.get("accept", "")):
            return fouten.antwoord(fouten.NIET_ACCEPTABEL)
        if not _is_json(request.headers.get("content-type", "")):
            return fouten.antwoord(fouten.NIET_ONDERSTEUND)
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            return fouten.geen_json()
        if not isinstance(body, dict):
            return fouten.geen_json()
        fout = controleer_type(body)
        if fout:
            return fouten.foute_parameters(fout)
        if body["type"] != RAADPLEEG:
            # This caller has one purpose; the real API refuses a search outside the caller's authorisation like this.
            return fouten.antwoord(fouten.NIET_GEAUTORISEERD)
        fout = controleer_raadpleging(body)
        if fout:
            return fouten.foute_parameters(fout)
        gevonden = _zoek(body)
        besturing.tel_personen(len(body["burgerservicenummer"]), len(gevonden))
        return JSONResponse({"type": RAADPLEEG, "personen": gevonden}, media_type=_MEDIA_TYPE)

    def _zoek(body: dict[str, Any]) -> list[dict[str, Any]]:
        gevraagd = keuze(body["fields"])
        gemeente = body.get("gemeenteVanInschrijving")
        gevonden = []
        for bsn in dict.fromkeys(body["burgerservicenummer"]):
            persoon = personen.zoek(bsn)
            if persoon is None or (gemeente and persoon.get("gemeenteVanInschrijving", {}).get("code") != gemeente):
                continue
            if "leeftijd" in gevraagd:
                persoon = persoon | {"leeftijd": leeftijd(persoon, vandaag())}
            gevonden.append(projecteer(persoon, gevraagd))
        return gevonden

    @app.get("/_besturing")
    async def toestand() -> dict[str, object]:
        return besturing.toestand() | {"personen": len(personen)}

    @app.put("/_besturing")
    async def bestuur(request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        try:
            besturing.opdracht = Opdracht.model_validate_json(await request.body())
        except ValidationError as error:
            return problem(400, "opdrachtOnjuist", "Deze opdracht klopt niet", _uitleg(error))
        return JSONResponse(besturing.toestand())

    @app.delete("/_besturing")
    async def herstel(request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        nonlocal besturing
        besturing = Besturing()
        personen.herstel()
        return Response(status_code=204)

    @app.put("/_besturing/personen/{bsn}")
    async def zet_persoon(bsn: str, request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        try:
            document = json.loads(await request.body())
        except ValueError:
            document = None
        if not isinstance(document, dict) or not re.fullmatch(r"[0-9]{9}", bsn):
            return problem(
                400, "persoonOnjuist", "Deze persoon klopt niet", "Stuur een JSON-object, met een BSN van 9 cijfers."
            )
        if not personen.zet(bsn, document):
            detail = "Deze BSN is hier niet bekend. Stuur een hele persoon, met het veld burgerservicenummer."
            return problem(404, "persoonOnbekend", "Onbekende persoon", detail)
        return Response(status_code=204)

    @app.delete("/_besturing/personen/{bsn}")
    async def vergeet_persoon(bsn: str, request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        personen.vergeet(bsn)
        return Response(status_code=204)

    return app


def _uitleg(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())


def _media_types(header: str) -> list[tuple[str, str | None]]:
    """Split a header into media types, each with its charset."""
    types = []
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        charset = next((p.removeprefix("charset=").strip('"') for p in parameters if p.startswith("charset=")), None)
        types.append((name, charset))
    return types


def _acceptabel(accept: str) -> bool:
    if not accept.strip():
        return True
    return any(
        name in {"*/*", "application/*", "application/json"} and charset in {None, "utf-8"}
        for name, charset in _media_types(accept)
    )


def _is_json(content_type: str) -> bool:
    return not content_type.strip() or _media_types(content_type) in (
        [("application/json", None)],
        [("application/json", "utf-8")],
    )
