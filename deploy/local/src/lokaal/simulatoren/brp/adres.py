"""Where somebody lives in the Netherlands, as the BRP API delivers it."""

from datetime import date

from pydantic import Field

from lokaal.simulatoren.brp import datums, tabellen
from lokaal.simulatoren.brp.model import Model
from lokaal.simulatoren.brp.personen import Persoon


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
