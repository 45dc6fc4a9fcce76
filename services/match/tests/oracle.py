"""What the set of matches must be: a few lines that share nothing with the code that they judge (D4, D18)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import combinations
from typing import Any
from uuid import UUID

Verwacht = set[tuple[str, UUID, UUID]]
VANAF_HET_BEGIN = datetime.min.replace(tzinfo=UTC)


def oracle(signalen: list[dict], ouders: dict[UUID, Any], weg: set[UUID], vandaag: date) -> Verwacht:
    """`signalen`: id, jeugdige, professional, einddatum, status. `ouders` by youth. `weg`: dead or destroyed youths."""
    actief = [s for s in signalen if s["status"] == "actief" and s["einddatum"] > vandaag and s["jeugdige"] not in weg]
    gevonden: Verwacht = set()
    for s, t in combinations(actief, 2):
        laag, hoog = sorted((s["id"], t["id"]))
        if s["professional"] == t["professional"]:
            continue
        if s["jeugdige"] == t["jeugdige"]:
            gevonden.add(("client", laag, hoog))
        elif set(ouders.get(s["jeugdige"], ())) & set(ouders.get(t["jeugdige"], ())):
            gevonden.add(("gezin", laag, hoog))
    return gevonden


def oorzaak(s: dict, t: dict, banden: dict[UUID, dict[UUID, tuple[datetime, UUID, int]]]) -> tuple:
    """The signal that came last (`op`, id), or what made a first parent shared after both of them: (moment, youth, version).

    `banden`: by youth and parent since when, `VANAF_HET_BEGIN` where no PersoonGewijzigd brought the parent.
    """
    laatste = max((s["op"], s["id"]), (t["op"], t["id"]))
    een, ander = banden.get(s["jeugdige"], {}), banden.get(t["jeugdige"], {})
    if s["jeugdige"] != t["jeugdige"]:
        gedeeld_door = min(max(een[ouder], ander[ouder]) for ouder in een.keys() & ander.keys())
        if gedeeld_door[0] > laatste[0]:
            return gedeeld_door
    return laatste


def reden(
    soort: str, zijden: Iterable[tuple[dict, str | None]], vandaag: date, samen: set[UUID], nooit: set[UUID]
) -> str:
    """Why a match ended: the gravest of what is true of a signal or its youth (`in-leven`, `overleden`, ...).

    `samen` are the parents whom the two youths shared until then, `nooit` those who turned out never to be one of either.
    """
    erg = {
        "signaal-verwijderd": lambda s, _: s["status"] == "verwijderd",
        "signaal-vernietigd": lambda s, _: s["status"] == "vernietigd",
        "persoon-vernietigd": lambda _, jeugdige: jeugdige == "vernietigd",
        "overleden": lambda s, jeugdige: jeugdige == "overleden" or s["reden"] == "overleden",
        "signaal-gedeactiveerd": lambda s, _: s["status"] == "inactief" and s["reden"] not in {"verlopen", "23"},
        "einddatum": lambda s, _: (
            s["status"] == "inactief" or (s["einddatum"] is not None and s["einddatum"] <= vandaag)
        ),
    }
    zijden = list(zijden)
    for naam, geldt in erg.items():
        if any(geldt(signaal, jeugdige) for signaal, jeugdige in zijden):
            return naam
    (een, _), (ander, _) = zijden
    if een["professional"] == ander["professional"]:
        return "zelfde-professional"
    return "ouder-gewijzigd" if samen - nooit else "ouder-gecorrigeerd"
