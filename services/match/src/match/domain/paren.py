"""Which signals match: a pure function of active signals, current parents and the date (D4, R080-R084)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from datetime import date
from itertools import combinations
from typing import NamedTuple
from uuid import UUID, uuid5

from contracts.match import MatchSoort
from match.domain.oorzaak import Oorzaak, oorzaak
from match.domain.signaal import Ouderband, Signaal, telt_mee

_MATCH = UUID("5b0d9c52-6a0e-5f0f-8f5e-3c1d7a9e4b10")


class Paar(NamedTuple):
    """Two signals that belong together, `a` the one with the lower id. `einddatum` is the earlier of theirs."""

    match_id: UUID
    soort: MatchSoort
    a: Signaal
    b: Signaal
    oorzaak: Oorzaak
    einddatum: date


def match_id(soort: MatchSoort, een: UUID, ander: UUID) -> UUID:
    """The id of a match: the same whenever, wherever and in whatever order it is made (D4)."""
    return uuid5(_MATCH, f"{soort}:{min(een, ander)}:{max(een, ander)}")


def paren(
    signalen: Iterable[Signaal], banden: Iterable[Ouderband], vandaag: date, *, rond: Set[UUID]
) -> dict[UUID, Paar]:
    """Every match that has a youth of `rond` in it, by match id.

    `signalen` and `banden` must be complete for those youths and for all who share a parent with them. Two signals of
    one natural person never match (D18, R081); two of one organisation do (R092).
    """
    per_jeugdige: dict[UUID, list[Signaal]] = defaultdict(list)
    for signaal in signalen:
        if telt_mee(signaal, vandaag):
            per_jeugdige[signaal.persoon_ref].append(signaal)
    gevonden = [*_client(per_jeugdige, rond), *_gezin(per_jeugdige, _gedeeld(banden, rond))]
    return {paar.match_id: paar for paar in gevonden}


def _client(per_jeugdige: dict[UUID, list[Signaal]], rond: Set[UUID]) -> Iterator[Paar]:
    for jeugdige, signalen in per_jeugdige.items():
        if jeugdige in rond:
            for een, ander in combinations(signalen, 2):
                if een.professional != ander.professional:
                    yield _paar(MatchSoort.CLIENT, een, ander, [])


_Gedeeld = dict[tuple[UUID, UUID], list[tuple[Ouderband, Ouderband]]]


def _gezin(per_jeugdige: dict[UUID, list[Signaal]], gedeeld: _Gedeeld) -> Iterator[Paar]:
    for (jeugdige, ander_kind), banden in gedeeld.items():
        for een in per_jeugdige.get(jeugdige, ()):
            for ander in per_jeugdige.get(ander_kind, ()):
                if een.professional != ander.professional:
                    yield _paar(MatchSoort.GEZIN, een, ander, banden)


def _gedeeld(banden: Iterable[Ouderband], rond: Set[UUID]) -> _Gedeeld:
    """For every two youths, one of them in `rond`, the parents that they share (R082: one is enough)."""
    per_ouder: dict[UUID, list[Ouderband]] = defaultdict(list)
    for band in banden:
        per_ouder[band.ouder_ref].append(band)
    gedeeld: _Gedeeld = defaultdict(list)
    for kinderen in per_ouder.values():
        # The same youths in the same order under every parent, so that a pair has one key.
        for een, ander in combinations(sorted(kinderen), 2):
            if een.persoon_ref in rond or ander.persoon_ref in rond:
                gedeeld[een.persoon_ref, ander.persoon_ref].append((een, ander))
    return gedeeld


def _paar(soort: MatchSoort, een: Signaal, ander: Signaal, banden: list[tuple[Ouderband, Ouderband]]) -> Paar:
    a, b = (een, ander) if een.signaal_id < ander.signaal_id else (ander, een)
    return Paar(
        match_id(soort, a.signaal_id, b.signaal_id),
        soort,
        a,
        b,
        oorzaak(a, b, banden),
        min(a.einddatum, b.einddatum),
    )
