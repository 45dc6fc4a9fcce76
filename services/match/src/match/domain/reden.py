"""Why a match ended: the gravest of what is true of its two sides now (D18: a wrong one is told by mail)."""

from collections.abc import Iterator, Mapping, Set
from datetime import date
from typing import Final, NamedTuple

from contracts.base import OuderRef
from contracts.match import MatchReden, NadereReden
from contracts.signaal import SignaalReden
from match.domain.signaal import PersoonStatus, SignaalStatus

Reden = MatchReden | NadereReden
REDENEN: Final[Mapping[str, Reden]] = {each.value: each for each in (*MatchReden, *NadereReden)}
"""By what is stored."""


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


class Gezin(NamedTuple):
    """What joined the two youths of a match: the parents that they shared, and which of all never were a parent of either."""

    gedeeld: Set[OuderRef]
    onjuist: Set[OuderRef]

    @property
    def was_onjuist(self) -> bool:
        """Whether nothing that joined them ever was right; one parent that went by a later event is enough that it was."""
        return bool(self.gedeeld) and self.gedeeld <= self.onjuist


def reden_van_einde(a: Zijde, b: Zijde, gezin: Gezin | None, *, zelfde_professional: bool, vandaag: date) -> Reden:
    """Why two signals that matched no longer do. When both are still active, only what joined them can be gone.

    `gezin`: of a family match.
    """
    redenen = {*_redenen(a, vandaag), *_redenen(b, vandaag)}
    for reden in _ERNST:
        if reden in redenen:
            return reden
    if zelfde_professional or gezin is None:
        return MatchReden.ZELFDE_PROFESSIONAL
    return MatchReden.OUDER_GECORRIGEERD if gezin.was_onjuist else NadereReden.OUDER_GEWIJZIGD


def _redenen(zijde: Zijde, vandaag: date) -> Iterator[MatchReden]:
    if zijde.status in _STATUS:
        yield _STATUS[zijde.status]
    elif zijde.status == SignaalStatus.INACTIEF:
        yield _INACTIEF.get(zijde.reden, MatchReden.SIGNAAL_GEDEACTIVEERD)
    elif zijde.einddatum is not None and zijde.einddatum <= vandaag:
        yield MatchReden.EINDDATUM
    if zijde.persoon in _PERSOON:
        yield _PERSOON[zijde.persoon]
