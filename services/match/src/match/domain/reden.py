"""Why a match ended: the gravest of what is true of its two sides now (D18: a wrong one is told by mail)."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from contracts.match import MatchReden, MatchSoort
from contracts.signaal import SignaalReden
from match.domain.signaal import PersoonStatus, SignaalStatus


class Zijde(NamedTuple):
    """One side of a match that ended: its signal, tombstone or not, and its youth."""

    status: SignaalStatus
    reden: SignaalReden | None
    einddatum: date | None
    persoon: PersoonStatus | None


_ERNST = (
    MatchReden.SIGNAAL_VERWIJDERD,
    MatchReden.SIGNAAL_VERNIETIGD,
    MatchReden.PERSOON_VERNIETIGD,
    MatchReden.OVERLEDEN,
    MatchReden.SIGNAAL_GEDEACTIVEERD,
    MatchReden.EINDDATUM,
)
_STATUS = {
    SignaalStatus.VERWIJDERD: MatchReden.SIGNAAL_VERWIJDERD,
    SignaalStatus.VERNIETIGD: MatchReden.SIGNAAL_VERNIETIGD,
}
# What is not here was closed by its professional.
_INACTIEF: Mapping[SignaalReden | None, MatchReden] = {
    SignaalReden.VERLOPEN: MatchReden.EINDDATUM,
    SignaalReden.DRIEENTWINTIG: MatchReden.EINDDATUM,
    SignaalReden.OVERLEDEN: MatchReden.OVERLEDEN,
}
_PERSOON = {
    PersoonStatus.VERNIETIGD: MatchReden.PERSOON_VERNIETIGD,
    PersoonStatus.OVERLEDEN: MatchReden.OVERLEDEN,
}


def reden_van_einde(soort: MatchSoort, a: Zijde, b: Zijde, *, zelfde_professional: bool, vandaag: date) -> MatchReden:
    """Why two signals that matched no longer do. When both are still active, only what joined them can be gone."""
    redenen = {*_redenen(a, vandaag), *_redenen(b, vandaag)}
    for reden in _ERNST:
        if reden in redenen:
            return reden
    if zelfde_professional or soort is MatchSoort.CLIENT:
        return MatchReden.ZELFDE_PROFESSIONAL
    return MatchReden.OUDER_GECORRIGEERD


def _redenen(zijde: Zijde, vandaag: date) -> Iterator[MatchReden]:
    if zijde.status in _STATUS:
        yield _STATUS[zijde.status]
    elif zijde.status == SignaalStatus.INACTIEF:
        yield _INACTIEF.get(zijde.reden, MatchReden.SIGNAAL_GEDEACTIVEERD)
    elif zijde.einddatum is not None and zijde.einddatum <= vandaag:
        yield MatchReden.EINDDATUM
    if zijde.persoon in _PERSOON:
        yield _PERSOON[zijde.persoon]
