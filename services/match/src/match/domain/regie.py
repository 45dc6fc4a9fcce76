"""Who can have the matchregie (R111)."""

from datetime import date
from typing import NamedTuple

from contracts.signaal import Organisatiesoort
from match.domain.signaal import PersoonStatus, SignaalStatus, telt_mee

REGIEPARTIJEN = frozenset(
    {Organisatiesoort.GECERTIFICEERDE_INSTELLING, Organisatiesoort.WIJKTEAM, Organisatiesoort.GGD}
)
"""The kinds of organisation that can have the matchregie; all others never do."""


class Deelname(NamedTuple):
    """What a signal says of the kind of organisation behind it, and whether it counts."""

    organisatiesoort: str
    status: SignaalStatus
    einddatum: date
    persoon: PersoonStatus | None


def kan_regie_hebben(deelname: Deelname, vandaag: date) -> bool:
    """Whether an active signal is of an organisation that can have the matchregie (R111)."""
    return deelname.organisatiesoort in REGIEPARTIJEN and telt_mee(deelname, vandaag)
