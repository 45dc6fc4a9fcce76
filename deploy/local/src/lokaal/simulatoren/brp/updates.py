"""How the simulator answers the BRP Update API 1.0.0: whom to follow, and who changed."""

import re
from collections.abc import Mapping
from datetime import date

from fastapi.responses import JSONResponse

from lokaal.simulatoren.brp import fouten
from lokaal.simulatoren.brp.antwoord import Poort, Uitkomst, lees_object
from lokaal.simulatoren.brp.personen import Personenbestand
from lokaal.simulatoren.brp.volgen import Volgindicatie, Volgindicaties
from lokaal.simulatoren.brp.vraag import InvalidParam

VOLGINDICATIES = f"{fouten.UPDATE_PAD}/volgindicaties"
WIJZIGINGEN = f"{fouten.UPDATE_PAD}/wijzigingen"
_PATROON = r"^[0-9]{9}$"
_HAL = "application/hal+json"
_VERSIE = {"api-version": "1.0.0"}


class UpdateAntwoorder:
    """Answers as the Update API does."""

    def __init__(self, personen: Personenbestand, volgindicaties: Volgindicaties, api_key: str) -> None:
        self._personen = personen
        self._volgindicaties = volgindicaties
        self._poorten = {pad: Poort(api_key, pad, hal=True) for pad in (VOLGINDICATIES, WIJZIGINGEN)}

    def actieve(self, headers: Mapping[str, str]) -> Uitkomst:
        """GET /volgindicaties: those that have not ended."""
        if weigering := self._poorten[VOLGINDICATIES].weiger(headers):
            return Uitkomst(weigering)
        gevonden = [each.as_json(bsn) for bsn, each in self._volgindicaties.actieve().items()]
        return Uitkomst(JSONResponse({"volgindicaties": gevonden}, headers=_VERSIE))

    def een(self, headers: Mapping[str, str], bsn: str) -> Uitkomst:
        """GET /volgindicaties/{burgerservicenummer}: also one that has ended."""
        if weigering := self._poorten[VOLGINDICATIES].weiger(headers):
            return Uitkomst(weigering)
        if fout := _geen_bsn(bsn):
            return Uitkomst(fouten.foute_parameters(fout, VOLGINDICATIES))
        gevonden = self._volgindicaties.zoek(bsn)
        if gevonden is None:
            return Uitkomst(fouten.antwoord(fouten.NIET_GEVONDEN, VOLGINDICATIES))
        return Uitkomst(_volgindicatie(bsn, gevonden))

    def zet(self, headers: Mapping[str, str], bsn: str, inhoud: bytes) -> Uitkomst:
        """PUT /volgindicaties/{burgerservicenummer}: place, change or end."""
        if weigering := self._poorten[VOLGINDICATIES].weiger(headers):
            return Uitkomst(weigering)
        body = lees_object(inhoud)
        if body is None:
            return Uitkomst(fouten.geen_json(VOLGINDICATIES))
        einddatum = _datum(body.get("einddatum"))
        fout = _geen_bsn(bsn) + _geen_datum("einddatum", body.get("einddatum")) + _onverwacht(body, "einddatum")
        if fout:
            return Uitkomst(fouten.foute_parameters(fout, VOLGINDICATIES))
        # One on a person who is gone meanwhile can still be ended.
        if self._volgindicaties.zoek(bsn) is None and not self._personen.zoek(bsn):
            return Uitkomst(fouten.antwoord(fouten.NIET_GEVONDEN, VOLGINDICATIES))
        gezet, geplaatst = self._volgindicaties.zet(bsn, einddatum)
        return Uitkomst(_volgindicatie(bsn, gezet, geplaatst=geplaatst))

    def wijzigingen(self, headers: Mapping[str, str], query: Mapping[str, str]) -> Uitkomst:
        """GET /wijzigingen: the followed ones that changed since they are followed, or on or after `vanaf`."""
        if weigering := self._poorten[WIJZIGINGEN].weiger(headers):
            return Uitkomst(weigering)
        if fout := _geen_datum("vanaf", query.get("vanaf")) + _onverwacht(query, "vanaf"):
            return Uitkomst(fouten.foute_parameters(fout, WIJZIGINGEN))
        vanaf = query.get("vanaf")
        zelf = WIJZIGINGEN + (f"?vanaf={vanaf}" if vanaf else "")
        links = {"self": {"href": zelf}, "ingeschrevenPersoon": {"href": fouten.PAD}}
        gevonden = self._volgindicaties.wijzigingen(_datum(vanaf))
        inhoud = {"_links": links, "burgerservicenummers": gevonden}
        return Uitkomst(JSONResponse(inhoud, headers=_VERSIE, media_type=_HAL))


def _volgindicatie(bsn: str, volgindicatie: Volgindicatie, *, geplaatst: bool = False) -> JSONResponse:
    status, media_type = (201, _HAL) if geplaatst else (200, "application/json")
    return JSONResponse(volgindicatie.as_json(bsn), status, _VERSIE, media_type)


def _geen_bsn(bsn: str) -> list[InvalidParam]:
    if re.fullmatch(_PATROON, bsn, re.ASCII):
        return []
    return [InvalidParam("burgerservicenummer", "pattern", f"Waarde voldoet niet aan patroon {_PATROON}.")]


def _datum(waarde: object) -> date | None:
    try:
        # `fromisoformat` also reads 20261122; the API does not.
        return date.fromisoformat(waarde) if isinstance(waarde, str) and len(waarde) == len("2026-11-22") else None
    except ValueError:
        return None


def _geen_datum(naam: str, waarde: object) -> list[InvalidParam]:
    if waarde is None or _datum(waarde) is not None:
        return []
    return [InvalidParam(naam, "date", "Waarde is geen geldige datum.")]


def _onverwacht(gegeven: Mapping[str, object], *verwacht: str) -> list[InvalidParam]:
    return [
        InvalidParam(naam, "unknownParam", "Parameter is niet verwacht.") for naam in gegeven if naam not in verwacht
    ]
