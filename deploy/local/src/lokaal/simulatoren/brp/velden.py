"""Which field paths a caller may ask for, and what of a person is delivered for them (BRP API 2.7.0, `fields`)."""

import csv
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, TypeAlias

Keuze: TypeAlias = "dict[str, Keuze] | None"
"""What is asked of a group: per member what is asked of it; None is everything."""

AUTOMATISCH = ("geheimhoudingPersoonsgegevens", "opschortingBijhouding", "rni", "verificatie")
"""Delivered without being asked for, and refused when asked for."""
_AUTOMATISCH_BINNEN_GROEP = ("inOnderzoek", "indicatieVastgesteldVerblijftNietOpAdres")

_DATUMDELEN = ("type", "langFormaat", "datum", "jaar", "maand", "onbekend")
_TABELDELEN = ("code", "omschrijving")
_TABELVELDEN = frozenset(
    {
        "aanduiding",
        "aanduidingBijHuisnummer",
        "aanduidingNaamgebruik",
        "adellijkeTitelPredicaat",
        "functieAdres",
        "gemeenteVanInschrijving",
        "geslacht",
        "indicatieGezagMinderjarige",
        "land",
        "landVanwaarIngeschreven",
        "nationaliteit",
        "plaats",
        "redenOpname",
        "soortVerbintenis",
    }
)
# Allowed by the API itself, but left out of the short list for callers that composes the file.
_OOK_TOEGESTAAN = (
    "adresseringBinnenland.aanhef",
    "adresseringBinnenland.aanschrijfwijze",
    "adresseringBinnenland.aanschrijfwijze.aanspreekvorm",
    "adresseringBinnenland.aanschrijfwijze.naam",
    "adresseringBinnenland.gebruikInLopendeTekst",
    "indicatieGezagMinderjarige",
    "nationaliteiten.type",
    "verblijfplaats.datumIngangGeldigheid",
    "verblijfplaats.type",
    "verblijfplaatsBinnenland.type",
)
_GEZAGDELEN = ("type", "minderjarige", "ouders", "ouder", "derde", "derden")
_ALIASSEN = {"verblijfplaatsBinnenland": "verblijfplaats", "adresseringBinnenland": "adressering"}
_BINNENLAND = frozenset({"Adres", "Locatie"})


def _toegestane_paden() -> Mapping[str, str]:
    """Map each allowed path to the path that is delivered for it: a part of a date or table value brings the whole."""
    data = files(__package__).joinpath("data/fields-filtered-Persoon.csv").read_text("utf-8-sig")
    paden = [row["pad"] for row in csv.DictReader(data.splitlines()) if row["pad"]] + list(_OOK_TOEGESTAAN)
    toegestaan = {pad: pad for pad in paden}
    for pad in paden:
        naam = pad.rpartition(".")[2]
        if naam.startswith(("datum", "einddatum")):
            toegestaan |= {f"{pad}.{deel}": pad for deel in _DATUMDELEN}
        if naam in _TABELVELDEN:
            toegestaan |= {f"{pad}.{deel}": pad for deel in _TABELDELEN}
        if naam == "adellijkeTitelPredicaat":
            toegestaan[f"{pad}.soort"] = pad
    toegestaan |= {f"gezag.{deel}": "gezag" for deel in _GEZAGDELEN}
    toegestaan |= {f"gezag.{deel}.burgerservicenummer": "gezag" for deel in _GEZAGDELEN[1:]}
    return toegestaan


TOEGESTAAN: Mapping[str, str] = _toegestane_paden()


def is_automatisch(pad: str) -> bool:
    """Tell whether this path points at something that is delivered by itself."""
    delen = pad.split(".")
    return delen[0] in AUTOMATISCH or any(deel in _AUTOMATISCH_BINNEN_GROEP for deel in delen)


def keuze(fields: Iterable[str]) -> dict[str, Keuze]:
    """Return the asked paths (all allowed ones) as a tree; a group asked as a whole wins over its parts."""
    boom: dict[str, Keuze] = {}
    for field in fields:
        *groepen, blad = TOEGESTAAN[field].split(".")
        tak = boom
        for groep in groepen:
            deel = tak.setdefault(groep, {})
            if deel is None:
                break
            tak = deel
        else:
            tak[blad] = None
    return boom


def projecteer(persoon: Mapping[str, Any], gevraagd: dict[str, Keuze]) -> dict[str, Any]:
    """Return what is delivered of `persoon`: the asked fields that have a value, and what is delivered by itself."""
    boom = dict(gevraagd)
    for alias, naam in _ALIASSEN.items():
        deel = boom.pop(alias, {})
        woont_hier = persoon.get("verblijfplaats", {}).get("type") in _BINNENLAND
        if alias in gevraagd and woont_hier and boom.get(naam, {}) is not None:
            ander = boom.get(naam) or {}
            boom[naam] = None if deel is None else {**ander, **deel}
    geleverd = _kies(persoon, boom)
    return geleverd | {naam: persoon[naam] for naam in AUTOMATISCH if naam in persoon}


def _kies(bron: Mapping[str, Any], gevraagd: Keuze) -> dict[str, Any]:
    if gevraagd is None:
        return dict(bron)
    uit: dict[str, Any] = {}
    if gevraagd and "type" in bron:
        uit["type"] = bron["type"]  # tells which form of a group this is, so it always comes with it
    for naam, deel in gevraagd.items():
        waarde = bron.get(naam)
        if isinstance(waarde, list):
            # An item without a value for what was asked stays, as an empty object: the caller sees that there is one.
            uit[naam] = [_kies(item, deel) if isinstance(item, dict) else item for item in waarde]
        elif isinstance(waarde, dict):
            gekozen = _kies(waarde, deel)
            if gekozen:
                uit[naam] = gekozen
        elif waarde is not None:
            uit[naam] = waarde
    return uit | _vanzelf(bron, gevraagd)


def _vanzelf(bron: Mapping[str, Any], gevraagd: Mapping[str, Keuze]) -> dict[str, Any]:
    """Return what comes with a group without being asked: doubts about the asked fields, and about the address."""
    uit: dict[str, Any] = {}
    onderzoek = bron.get("inOnderzoek", {})
    # `type` is asked with whatever else of the group.
    vlaggen = {naam: vlag for naam, vlag in onderzoek.items() if gevraagd and naam in {"type", *gevraagd}}
    if vlaggen:
        uit["inOnderzoek"] = vlaggen | {n: v for n, v in onderzoek.items() if n.startswith("datumIngangOnderzoek")}
    if gevraagd and "indicatieVastgesteldVerblijftNietOpAdres" in bron:
        uit["indicatieVastgesteldVerblijftNietOpAdres"] = True
    return uit


def zonder_leeg(waarde: Any) -> Any:
    """Return `waarde` without null, false and empty groups: the BRP leaves out what is not there.

    An empty object inside a list stays: a parent without data is delivered as `{}`.
    """
    if isinstance(waarde, dict):
        schoon = {naam: zonder_leeg(deel) for naam, deel in waarde.items()}
        return {
            naam: deel
            for naam, deel in schoon.items()
            if deel is not None and deel is not False and deel not in ({}, [])
        }
    if isinstance(waarde, list):
        return [zonder_leeg(item) for item in waarde]
    return waarde
