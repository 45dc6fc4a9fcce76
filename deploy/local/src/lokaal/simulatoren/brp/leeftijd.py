"""The age of a person as the BRP API delivers it (features: persoon/leeftijd)."""

from collections.abc import Mapping
from datetime import date
from typing import Any


def leeftijd(persoon: Mapping[str, Any], vandaag: date) -> int | None:
    """Return the age in years on `vandaag`, or None where the BRP gives none.

    None for the dead, for a birth date of which only the year or nothing is known, and in the birth month when the day
    is unknown. Who was born on 29 February gets a year older on 1 March in other years.
    """
    if "overlijden" in persoon or persoon.get("opschortingBijhouding", {}).get("reden", {}).get("code") == "O":
        return None
    datum = persoon.get("geboorte", {}).get("datum", {})
    match datum.get("type"):
        case "Datum":
            geboren = date.fromisoformat(datum["datum"])
            jarig_geweest = (vandaag.month, vandaag.day) >= (geboren.month, geboren.day)
            return vandaag.year - geboren.year - (not jarig_geweest)
        case "JaarMaandDatum" if datum["maand"] != vandaag.month:
            return int(vandaag.year - datum["jaar"] - (vandaag.month < datum["maand"]))
    return None
