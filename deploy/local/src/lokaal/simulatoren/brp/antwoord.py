"""How the simulator answers one call: the checks in the order of the official API, then the persons."""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from fastapi import Response
from fastapi.responses import JSONResponse

from lokaal.simulatoren.brp import fouten
from lokaal.simulatoren.brp.leeftijd import leeftijd
from lokaal.simulatoren.brp.personen import Lijsten
from lokaal.simulatoren.brp.velden import keuze, projecteer
from lokaal.simulatoren.brp.vraag import RAADPLEEG, controleer_raadpleging, controleer_type

_MEDIA_TYPE = "application/json; charset=utf-8"


class Uitkomst(NamedTuple):
    """An answer, with how many BSNs were asked and how many persons delivered (0 in a refusal)."""

    response: Response
    gevraagd: int = 0
    geleverd: int = 0


class Poort:
    """Refuses by headers, in the order of the official API."""

    def __init__(self, api_key: str, pad: str = fouten.PAD, hal: bool = False) -> None:
        self._api_key = api_key.encode()
        self._pad = pad
        self._typen = {"*/*", "application/*", "application/json"} | ({"application/hal+json"} if hal else set())

    def weiger(self, headers: Mapping[str, str]) -> Response | None:
        """Return the refusal, or None."""
        if not hmac.compare_digest(headers.get("x-api-key", "").encode(), self._api_key):
            return fouten.antwoord(fouten.NIET_GEAUTHENTICEERD, self._pad)
        if not self._acceptabel(headers.get("accept", "")):
            return fouten.antwoord(fouten.NIET_ACCEPTABEL, self._pad)
        if not _is_json(headers.get("content-type", "")):
            return fouten.antwoord(fouten.NIET_ONDERSTEUND, self._pad)
        return None

    def _acceptabel(self, accept: str) -> bool:
        return not accept.strip() or any(
            name in self._typen and charset in {None, "utf-8"} for name, charset in _media_types(accept)
        )


class Antwoorder:
    """Answers as the official API does; `vandaag` gives the date that ages are counted on."""

    def __init__(self, api_key: str, vandaag: Callable[[], date]) -> None:
        self._poort = Poort(api_key)
        self._vandaag = vandaag

    def antwoord(self, headers: Mapping[str, str], inhoud: bytes, zoek: Callable[[str], Lijsten]) -> Uitkomst:
        """Return the answer to one call; `zoek` gives the lists of a BSN."""
        weigering = self._poort.weiger(headers)
        if weigering is not None:
            return Uitkomst(weigering)
        body = lees_object(inhoud)
        if body is None:
            return Uitkomst(fouten.geen_json())
        weigering = self._weiger_op_inhoud(body)
        if weigering is not None:
            return Uitkomst(weigering)
        personen = self._kies(body, zoek)
        response = JSONResponse({"type": RAADPLEEG, "personen": personen}, media_type=_MEDIA_TYPE)
        return Uitkomst(response, len(body["burgerservicenummer"]), len(personen))

    @staticmethod
    def _weiger_op_inhoud(body: Mapping[str, Any]) -> Response | None:
        fout = controleer_type(body)
        if fout:
            return fouten.foute_parameters(fout)
        if body["type"] != RAADPLEEG:
            # This caller has one purpose; the real API refuses a search outside the caller's authorisation like this.
            return fouten.antwoord(fouten.NIET_GEAUTORISEERD)
        fout = controleer_raadpleging(body)
        return fouten.foute_parameters(fout) if fout else None

    def _kies(self, body: Mapping[str, Any], zoek: Callable[[str], Lijsten]) -> list[dict[str, Any]]:
        gevraagd = keuze(body["fields"])
        gemeente = body.get("gemeenteVanInschrijving")
        gevonden = []
        for bsn in dict.fromkeys(body["burgerservicenummer"]):
            for persoon in zoek(bsn):
                if gemeente and persoon.get("gemeenteVanInschrijving", {}).get("code") != gemeente:
                    continue
                oud = {"leeftijd": leeftijd(persoon, self._vandaag())} if "leeftijd" in gevraagd else {}
                gevonden.append(projecteer(persoon | oud, gevraagd))
        return gevonden


def lees_object(inhoud: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a body (an empty one for no body), or None when it is none."""
    try:
        body = json.loads(inhoud or b"{}")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _media_types(header: str) -> list[tuple[str, str | None]]:
    """Split a header into media types, each with its charset."""
    types = []
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        charset = next((p.removeprefix("charset=").strip('"') for p in parameters if p.startswith("charset=")), None)
        types.append((name, charset))
    return types


def _is_json(content_type: str) -> bool:
    if not content_type.strip():
        return True
    ((name, charset), *rest) = _media_types(content_type)
    return name == "application/json" and charset in {None, "utf-8"} and not rest
