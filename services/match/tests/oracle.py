"""What the set of matches must be: a few lines that share nothing with the code that they judge (D4)."""

from datetime import date
from itertools import combinations
from uuid import UUID

Verwacht = set[tuple[str, UUID, UUID]]


def oracle(signalen: list[dict], ouders: dict[UUID, set[UUID]], weg: set[UUID], vandaag: date) -> Verwacht:
    """`signalen`: id, jeugdige, professional, einddatum, status. `ouders` by youth. `weg`: dead or destroyed youths."""
    actief = [s for s in signalen if s["status"] == "actief" and s["einddatum"] > vandaag and s["jeugdige"] not in weg]
    gevonden: Verwacht = set()
    for s, t in combinations(actief, 2):
        laag, hoog = sorted((s["id"], t["id"]))
        if s["professional"] == t["professional"]:
            continue
        if s["jeugdige"] == t["jeugdige"]:
            gevonden.add(("client", laag, hoog))
        elif ouders.get(s["jeugdige"], set()) & ouders.get(t["jeugdige"], set()):
            gevonden.add(("gezin", laag, hoog))
    return gevonden
