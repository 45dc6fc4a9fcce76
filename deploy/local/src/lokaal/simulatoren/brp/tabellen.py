"""National tables of RvIG: what a code of a gemeente (33) or a country (34) is called."""

import csv
import functools
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

RNI: Final = "1999"
"""Where a gemeente stands: the register of those who do not live in the Netherlands."""
NEDERLAND: Final = "6030"
OPSCHORTING: Final[Mapping[str, str]] = {
    "O": "overlijden",
    "E": "emigratie",
    "M": "ministerieel besluit",
    "R": "pl is aangelegd in de rni",
    "F": "fout",
    "W": "wissen",
    ".": "onbekend",
}
"""Why a list is kept up no more."""
ADEL: Final[Mapping[str, tuple[str, str]]] = {
    "B": ("baron", "titel"),
    "BS": ("barones", "titel"),
    "G": ("graaf", "titel"),
    "GI": ("gravin", "titel"),
    "H": ("hertog", "titel"),
    "HI": ("hertogin", "titel"),
    "JH": ("jonkheer", "predicaat"),
    "JV": ("jonkvrouw", "predicaat"),
    "M": ("markies", "titel"),
    "MI": ("markiezin", "titel"),
    "P": ("prins", "titel"),
    "PS": ("prinses", "titel"),
    "R": ("ridder", "titel"),
}
"""What a title or predicate (38) is called, and which of both it is."""
GESLACHT: Final[Mapping[str, str]] = {"M": "man", "V": "vrouw", "O": "onbekend"}


@functools.cache
def gemeenten() -> Mapping[str, str]:
    """Return the names of all gemeenten that there are or were, by code."""
    return {rij["code"]: rij["omschrijving"] for rij in _rijen("Tabel33_Gemeententabel.csv", ";")}


@functools.cache
def landen() -> Mapping[str, str]:
    """Return the names of countries by code."""
    return {rij["94.10 Landcode"]: rij["94.11 Omschrijving"] for rij in _rijen("Tabel34_Landentabel.csv", ",")}


def waarde(tabel: Mapping[str, str], code: str) -> dict[str, str]:
    """Return a code with what it is called."""
    return {"code": code, "omschrijving": tabel[code]}


def _rijen(naam: str, scheiding: str) -> list[dict[str, str]]:
    tekst = files(__package__).joinpath("data", naam).read_text("utf-8-sig")
    return list(csv.DictReader(tekst.splitlines(), delimiter=scheiding))
