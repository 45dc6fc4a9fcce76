"""Checks a question as the official API does: codes, names and reasons of its features (raadpleeg, fields, zoek)."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lokaal.simulatoren.brp.velden import TOEGESTAAN, is_automatisch

RAADPLEEG = "RaadpleegMetBurgerservicenummer"
ZOEKTYPEN = frozenset(
    {
        "ZoekMetGeslachtsnaamEnGeboortedatum",
        "ZoekMetNaamEnGemeenteVanInschrijving",
        "ZoekMetPostcodeEnHuisnummer",
        "ZoekMetStraatHuisnummerEnGemeenteVanInschrijving",
        "ZoekMetNummeraanduidingIdentificatie",
        "ZoekMetAdresseerbaarObjectIdentificatie",
    }
)
MAX_BSNS = 20
MAX_FIELDS = 130
_PARAMETERS = frozenset({"type", "burgerservicenummer", "gemeenteVanInschrijving", "fields"})


@dataclass(frozen=True)
class InvalidParam:
    """One wrong parameter, as it stands in `invalidParams`."""

    name: str
    code: str
    reason: str

    def as_json(self) -> dict[str, str]:
        """Return the member of `invalidParams`."""
        return asdict(self)


def controleer_type(body: Mapping[str, Any]) -> list[InvalidParam]:
    """Check the kind of question; the other parameters only mean something when this one is right."""
    if body.get("type") is None:
        return [InvalidParam("type", "required", "Parameter is verplicht.")]
    if body["type"] != RAADPLEEG and body["type"] not in ZOEKTYPEN:
        return [InvalidParam("type", "value", "Waarde is geen geldig zoek type.")]
    return []


def controleer_raadpleging(body: Mapping[str, Any]) -> list[InvalidParam]:
    """Check every parameter of RaadpleegMetBurgerservicenummer; all faults are told at once."""
    fouten = _lijst(body, "burgerservicenummer", MAX_BSNS, r"^[0-9]{9}$")
    gemeente = body.get("gemeenteVanInschrijving")
    if gemeente is not None:
        fouten += _patroon("gemeenteVanInschrijving", gemeente, r"^[0-9]{4}$")
    velden = _lijst(body, "fields", MAX_FIELDS, r"^[a-zA-Z0-9\._]{1,200}$")
    if not velden:
        velden = [fout for index, pad in enumerate(body["fields"]) if (fout := _veld(index, pad))]
    onbekend = [
        InvalidParam(naam, "unknownParam", "Parameter is niet verwacht.") for naam in body if naam not in _PARAMETERS
    ]
    return fouten + velden + onbekend


def _lijst(body: Mapping[str, Any], naam: str, maximum: int, patroon: str) -> list[InvalidParam]:
    waarde = body.get(naam)
    if waarde is None:
        return [InvalidParam(naam, "required", "Parameter is verplicht.")]
    if not isinstance(waarde, list):
        return [InvalidParam(naam, "array", "Parameter is geen array.")]
    if not waarde:
        return [InvalidParam(naam, "minItems", "Array bevat minder dan 1 items.")]
    if len(waarde) > maximum:
        return [InvalidParam(naam, "maxItems", f"Array bevat meer dan {maximum} items.")]
    return [fout for index, item in enumerate(waarde) for fout in _patroon(f"{naam}[{index}]", item, patroon)]


def _patroon(naam: str, waarde: object, patroon: str) -> list[InvalidParam]:
    if isinstance(waarde, str) and re.fullmatch(patroon, waarde, re.ASCII):
        return []
    return [InvalidParam(naam, "pattern", f"Waarde voldoet niet aan patroon {patroon}.")]


def _veld(index: int, pad: str) -> InvalidParam | None:
    if pad in TOEGESTAAN:
        return None
    soort = "toegestane" if is_automatisch(pad) else "bestaande"
    return InvalidParam(f"fields[{index}]", "fields", f"Parameter bevat een niet {soort} veldnaam.")
