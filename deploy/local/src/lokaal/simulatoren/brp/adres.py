"""Where somebody lives in the Netherlands, as the BRP API delivers it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from pydantic import Field

from lokaal.simulatoren.brp import datums, tabellen
from lokaal.simulatoren.brp.model import Model
from lokaal.simulatoren.brp.personen import Persoon

_ADRES: Final[Mapping[str, str]] = {
    "1010": "functieAdres",
    "1030": "datumVan",
    "1180": "adresseerbaarObjectIdentificatie",
    "1190": "nummeraanduidingIdentificatie",
    "8510": "datumIngangGeldigheid",
}
_VERBLIJFADRES: Final[Mapping[str, str]] = {
    "1110": "korteStraatnaam",
    "1115": "officieleStraatnaam",
    "1120": "huisnummer",
    "1130": "huisletter",
    "1140": "huisnummertoevoeging",
    "1150": "aanduidingBijHuisnummer",
    "1160": "postcode",
    "1170": "woonplaats",
}
"""By element of category 08 (the address) of the GBA."""

ALLES: Final = "0000"
VERBLIJFT_NIET: Final = "9999"
"""What is being investigated: everything, or it is established already that he does not live there."""
_OOK_SOORT: Final = frozenset({ALLES, VERBLIJFT_NIET, "1100", "1110"})


class Adres(Model):
    """An address in the Netherlands."""

    straat: str = "Dorpsstraat"
    huisnummer: int = Field(default=1, ge=1, le=99999)
    postcode: str = Field(default="1000AA", pattern="^[1-9][0-9]{3}[A-Z]{2}$")


def woont(gemeente: str, adres: Adres, datum: date) -> Persoon:
    """Return what stands on the list of who lives at this address in this gemeente (a code) since `datum`."""
    waar = tabellen.waarde(tabellen.gemeenten(), gemeente)
    sinds = datums.volledig(datum)
    return {
        "gemeenteVanInschrijving": waar,
        "datumInschrijvingInGemeente": sinds,
        "verblijfplaats": {
            "type": "Adres",
            "verblijfadres": {
                "officieleStraatnaam": adres.straat,
                "korteStraatnaam": adres.straat,
                "huisnummer": adres.huisnummer,
                "postcode": adres.postcode,
                "woonplaats": waar["omschrijving"],
            },
            "functieAdres": {"code": "W", "omschrijving": "woonadres"},
            "datumVan": sinds,
        },
    }


def in_onderzoek(verblijfplaats: Mapping[str, Any], wat: str | None, sinds: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an address in the Netherlands with this doubt about it (None takes all away).

    Args:
        verblijfplaats: as it stands on the list.
        wat: an element, a group (`1100`), ALLES or VERBLIJFT_NIET.
        sinds: when the doubt began, as a delivered date.
    """
    uit = {
        **verblijfplaats,
        "inOnderzoek": _vlaggen(_ADRES, wat, sinds, soort=wat in _OOK_SOORT),
        "indicatieVastgesteldVerblijftNietOpAdres": wat == VERBLIJFT_NIET,
    }
    if "verblijfadres" in verblijfplaats:
        twijfel = _vlaggen(_VERBLIJFADRES, wat, sinds)
        uit["verblijfadres"] = {**verblijfplaats["verblijfadres"], "inOnderzoek": twijfel}
    return uit


def _vlaggen(
    velden: Mapping[str, str], wat: str | None, sinds: Mapping[str, Any] | None, *, soort: bool = False
) -> dict[str, Any] | None:
    groep = wat[:2] if wat and wat.endswith("00") else None
    geraakt = [
        naam for element, naam in velden.items() if wat in {element, ALLES, VERBLIJFT_NIET} or element[:2] == groep
    ]
    vlaggen = dict.fromkeys((*geraakt, *(["type"] if soort else [])), True)
    return {**vlaggen, "datumIngangOnderzoek": sinds} if vlaggen else None
