"""Which signals match: a pure function of active signals, current parents and the date (D4, R080-R084)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from datetime import date
from itertools import combinations, product
from typing import NamedTuple
from uuid import UUID, uuid5

from contracts.base import MatchId, OuderRef, PersoonRef, SignaalId
from contracts.match import MatchSoort
from match.domain.oorzaak import Oorzaak, oorzaak
from match.domain.signaal import Kandidaat, Ouderband, telt_mee

_MATCH = UUID("5b0d9c52-6a0e-5f0f-8f5e-3c1d7a9e4b10")


class Paar(NamedTuple):
    """Two signals that belong together, `a` the one with the lower id. `einddatum` is the earlier of theirs."""

    match_id: MatchId
    soort: MatchSoort
    a: Kandidaat
    b: Kandidaat
    oorzaak: Oorzaak
    einddatum: date


def match_id(soort: MatchSoort, een: SignaalId, ander: SignaalId) -> MatchId:
    """The id of a match: the same whenever, wherever and in whatever order it is made (D4)."""
    return MatchId(uuid5(_MATCH, f"{soort}:{min(een, ander)}:{max(een, ander)}"))


def paren(
    signalen: Iterable[Kandidaat], banden: Iterable[Ouderband], vandaag: date, *, rond: Set[SignaalId]
) -> dict[MatchId, Paar]:
    """Every match that has a signal of `rond` in it, by match id.

    `signalen` and `banden` must be complete for the youths of those signals and for all who share a parent with them.
    Two signals of one natural person never match (D18, R081); two of one organisation do (R092).
    """
    per_jeugdige: dict[PersoonRef, list[Kandidaat]] = defaultdict(list)
    for signaal in signalen:
        if telt_mee(signaal, vandaag):
            per_jeugdige[signaal.persoon_ref].append(signaal)
    # Most youths around a signal have none of `rond`: their signals need no look.
    geraakt = {ref for ref, van_een in per_jeugdige.items() if any(s.signaal_id in rond for s in van_een)}
    samen = [
        *((MatchSoort.CLIENT, combinations(per_jeugdige[ref], 2), ()) for ref in geraakt),
        *(
            (MatchSoort.GEZIN, product(per_jeugdige.get(een, ()), per_jeugdige.get(ander, ())), ouders)
            for (een, ander), ouders in _gedeeld(banden, geraakt).items()
        ),
    ]
    gevonden = (
        _paar(soort, een, ander, ouders)
        for soort, combinaties, ouders in samen
        for een, ander in combinaties
        if (een.signaal_id in rond or ander.signaal_id in rond) and een.professional != ander.professional
    )
    return {paar.match_id: paar for paar in gevonden}


_Gedeeld = dict[tuple[PersoonRef, PersoonRef], list[tuple[Ouderband, Ouderband]]]


def _gedeeld(banden: Iterable[Ouderband], jeugdigen: Set[PersoonRef]) -> _Gedeeld:
    """For every two youths, one of them in `jeugdigen`, the parents that they share (R082: one is enough)."""
    per_ouder: dict[OuderRef, list[Ouderband]] = defaultdict(list)
    for band in banden:
        per_ouder[band.ouder_ref].append(band)
    gedeeld: _Gedeeld = defaultdict(list)
    for kinderen in per_ouder.values():
        # The same youths in the same order under every parent, so that a pair has one key.
        for een, ander in combinations(sorted(kinderen), 2):
            if een.persoon_ref in jeugdigen or ander.persoon_ref in jeugdigen:
                gedeeld[een.persoon_ref, ander.persoon_ref].append((een, ander))
    return gedeeld


def _paar(soort: MatchSoort, een: Kandidaat, ander: Kandidaat, banden: Sequence[tuple[Ouderband, Ouderband]]) -> Paar:
    a, b = (een, ander) if een.signaal_id < ander.signaal_id else (ander, een)
    return Paar(
        match_id=match_id(soort, a.signaal_id, b.signaal_id),
        soort=soort,
        a=a,
        b=b,
        oorzaak=oorzaak(a, b, banden),
        einddatum=min(a.einddatum, b.einddatum),
    )
