"""The pure function equals the oracle in every small world, whatever the order and whoever is asked about (D4)."""

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.match.tests.bouwstenen import NU, VANDAAG, band, signaal
from services.match.tests.oracle import oracle

from match.domain.paren import paren
from match.domain.signaal import Kandidaat, Ouderband, PersoonStatus, SignaalStatus

JEUGDIGEN = [UUID(int=n) for n in range(1, 4)]
OUDERS = [UUID(int=n) for n in range(11, 14)]
PROFESSIONALS = [UUID(int=n) for n in range(21, 24)]
WEG = {PersoonStatus.OVERLEDEN, PersoonStatus.VERNIETIGD}


class Wereld(NamedTuple):
    """Three youths of up to three parents each, and signals in any state."""

    signalen: list[Kandidaat]
    banden: list[Ouderband]

    def ids(self) -> set[UUID]:
        """Its signals."""
        return {s.signaal_id for s in self.signalen}

    def verwacht(self) -> set[tuple[str, UUID, UUID]]:
        """What the oracle says of it."""
        ouders: dict[UUID, set[UUID]] = {}
        for each in self.banden:
            ouders.setdefault(each.persoon_ref, set()).add(each.ouder_ref)
        simpel: list[dict[str, Any]] = [
            {
                "id": s.signaal_id,
                "jeugdige": s.persoon_ref,
                "professional": s.professional,
                "einddatum": s.einddatum,
                "status": s.status.value,
            }
            for s in self.signalen
        ]
        return oracle(simpel, ouders, {s.persoon_ref for s in self.signalen if s.persoon in WEG}, VANDAAG)


def meestal(gewoon: Any, *anders: Any) -> st.SearchStrategy[Any]:
    """Nearly always the ordinary: where everything is possible, hardly anything matches, and that proves little."""
    return st.sampled_from([*[gewoon] * 6 * len(anders), *anders])


@st.composite
def werelden(draw: st.DrawFn) -> Wereld:
    """Small worlds, at odds with themselves in every way."""
    dagen = st.integers(-3, 3)
    toestand = {j: draw(meestal(PersoonStatus.IN_LEVEN, None, *sorted(WEG))) for j in JEUGDIGEN}
    banden = [
        band(kind, ouder, dag=draw(dagen), versie=draw(st.integers(1, 3)), gewijzigd=draw(st.booleans()))
        for kind in JEUGDIGEN
        for ouder in OUDERS
        if draw(st.booleans())
    ]
    signalen = []
    for nummer in draw(st.lists(st.integers(101, 120), min_size=2, max_size=7, unique=True)):
        jeugdige = draw(st.sampled_from(JEUGDIGEN))
        signalen.append(
            signaal(
                jeugdige,
                signaal_id=UUID(int=nummer),
                professional=draw(st.sampled_from(PROFESSIONALS)),
                afgegeven_op=NU + timedelta(days=draw(dagen)),
                einddatum=VANDAAG + timedelta(days=draw(meestal(1, 2, 0, -1))),
                status=draw(meestal(*SignaalStatus)),
                persoon=toestand[jeugdige],
            )
        )
    return Wereld(signalen, banden)


@pytest.mark.regel("R080", "R081", "R082", "R084", "D4")
@settings(deadline=None)
@given(werelden())
def test_the_matches_are_those_of_the_oracle(wereld: Wereld) -> None:
    gevonden = paren(*wereld, VANDAAG, rond=wereld.ids())
    assert {(p.soort.value, p.a.signaal_id, p.b.signaal_id) for p in gevonden.values()} == wereld.verwacht()
    assert all(key == paar.match_id for key, paar in gevonden.items())


@pytest.mark.regel("D4", "D18")
@settings(deadline=None)
@given(werelden(), st.randoms(use_true_random=False))
def test_order_changes_neither_matches_nor_causes(wereld: Wereld, kans: Any) -> None:
    signalen, banden = list(wereld.signalen), list(wereld.banden)
    kans.shuffle(signalen)
    kans.shuffle(banden)
    rond = wereld.ids()
    assert paren(signalen, banden, VANDAAG, rond=rond) == paren(*wereld, VANDAAG, rond=rond)


@pytest.mark.regel("D4")
@settings(deadline=None)
@given(werelden(), st.sets(st.integers(101, 120)))
def test_asked_about_some_signals_it_gives_their_matches_and_no_others(wereld: Wereld, nummers: set[int]) -> None:
    rond = {UUID(int=nummer) for nummer in nummers}
    alle = paren(*wereld, VANDAAG, rond=wereld.ids())
    hunne = {key: p for key, p in alle.items() if {p.a.signaal_id, p.b.signaal_id} & rond}
    assert paren(*wereld, VANDAAG, rond=rond) == hunne
