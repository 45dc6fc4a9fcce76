"""The life of a match: what it keeps, when it changes, and how its version rises (D4, O14)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.match.tests.bouwstenen import NU, VANDAAG, signaal

from contracts.match import MatchReden, MatchStatus
from match.domain.match import Match
from match.domain.paren import Paar, paren
from match.domain.signaal import Betrokkene

LATER = NU + timedelta(hours=1)
GENERATIE = 1 << 32
"""The generation stands in the high 32 bits of a version."""


def een_paar() -> Paar:
    jeugdige = uuid4()
    een, ander = signaal(jeugdige), signaal(jeugdige)
    (paar,) = paren([een, ander], [], VANDAAG, rond={een.signaal_id}).values()
    return paar


def verlengd(paar: Paar) -> Paar:
    return paar._replace(einddatum=paar.einddatum + timedelta(days=1))


@pytest.mark.regel("D4")
def test_it_keeps_what_its_signals_say() -> None:
    paar = een_paar()
    match = Match.ontstaan(paar, 1, NU)
    assert (match.match_id, match.soort, match.einddatum) == (paar.match_id, paar.soort, paar.einddatum)
    assert (match.oorzaak_soort, match.oorzaak_id, match.oorzaak_op) == paar.oorzaak
    eigen = {"signaal": "signaal_id", "persoon": "persoon_ref"}
    kanten = [naam.rpartition("_") for naam in Match._fields if naam.endswith(("_a", "_b"))]
    assert len(kanten) >= 6
    for veld, _, kant in kanten:
        bron = paar.a if kant == "a" else paar.b
        assert getattr(match, f"{veld}_{kant}") == getattr(bron, eigen.get(veld, veld))


@pytest.mark.regel("D4")
def test_a_side_is_what_its_signal_says_of_itself() -> None:
    een = signaal(uuid4())
    assert een.betrokkene()._asdict() == {naam: getattr(een, naam) for naam in Betrokkene._fields}


@pytest.mark.regel("O14")
@pytest.mark.parametrize("generatie", [0, 3])
def test_it_arises_active_and_has_no_end_yet(generatie: int) -> None:
    match = Match.ontstaan(een_paar(), generatie, NU)
    assert (match.status, match.reden) == (MatchStatus.ACTIEF, None)
    assert (match.ontstaan_op, match.beeindigd_op) == (NU, None)
    assert match.versie == generatie * GENERATIE + 1


@pytest.mark.regel("O14")
def test_its_end_says_why_and_when_and_keeps_the_rest() -> None:
    match = Match.ontstaan(een_paar(), 1, NU)
    einde = match.beeindigd(MatchReden.SIGNAAL_VERWIJDERD, match.signaal_a, 1, LATER)
    assert einde == match._replace(
        status=MatchStatus.BEEINDIGD,
        reden=MatchReden.SIGNAAL_VERWIJDERD,
        beeindigd_op=LATER,
        beeindigd_door=match.signaal_a,
        versie=match.versie + 1,
    )


@pytest.mark.regel("D18")
@pytest.mark.parametrize(("generatie", "versie"), [(1, GENERATIE + 3), (2, 2 * GENERATIE + 1)])
def test_an_end_that_turns_out_wrong_says_so_and_ended_when_it_did(generatie: int, versie: int) -> None:
    einde = Match.ontstaan(een_paar(), 1, NU).beeindigd(MatchReden.EINDDATUM, None, 1, LATER)
    weg = einde.signaal_b
    assert einde.ten_onrechte(weg, generatie) == einde._replace(
        reden=MatchReden.SIGNAAL_VERWIJDERD, beeindigd_door=weg, versie=versie
    )


@pytest.mark.regel("D4")
def test_when_nothing_changed_there_is_nothing_to_tell() -> None:
    paar = een_paar()
    assert Match.ontstaan(paar, 1, NU).herzien(paar, 1, LATER) is None


@pytest.mark.regel("D4")
def test_a_change_keeps_when_it_arose() -> None:
    paar = een_paar()
    match = Match.ontstaan(paar, 1, NU)
    anders = match.herzien(verlengd(paar), 1, LATER)
    assert anders == match._replace(einddatum=paar.einddatum + timedelta(days=1), versie=match.versie + 1)


@pytest.mark.regel("D4")
def test_what_a_side_says_of_itself_is_told_again_when_it_changed() -> None:
    paar = een_paar()
    match = Match.ontstaan(paar, 1, NU)
    assert match.herzien(paar, 1, LATER, anders=True) == match._replace(versie=match.versie + 1)


@pytest.mark.regel("D4", "O14")
def test_it_arises_again_under_the_same_id_with_a_higher_version() -> None:
    paar = een_paar()
    match = Match.ontstaan(paar, 1, NU)
    weer = match.beeindigd(MatchReden.OUDER_GECORRIGEERD, match.signaal_a, 1, NU).herzien(paar, 1, LATER)
    assert weer == match._replace(ontstaan_op=LATER, versie=match.versie + 2)


@pytest.mark.regel("D4")
def test_told_again_in_a_new_generation_it_has_a_version_of_that_generation_once() -> None:
    """After a restore: above all that was told before it, and no higher each time that it is told again."""
    match = Match.ontstaan(een_paar(), 1, NU).beeindigd(MatchReden.EINDDATUM, None, 1, NU)
    assert match.in_generatie(1) is None
    nieuw = match.in_generatie(2)
    assert nieuw == match._replace(versie=2 * GENERATIE + 1)
    assert nieuw.in_generatie(2) is None
    assert nieuw.in_generatie(1) is None


@pytest.mark.regel("D4")
@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1))
def test_a_version_only_rises_and_a_restored_database_is_above_all_it_told(leven: list[tuple[bool, int]]) -> None:
    """Whatever happens to it, in whatever generation: above what was told, and above every earlier generation."""
    paar = een_paar()
    match = Match.ontstaan(paar, 1, NU)
    for eindigt, generatie in leven:
        paar = verlengd(paar)
        volgende = (
            match.beeindigd(MatchReden.EINDDATUM, None, generatie, NU)
            if eindigt
            else match.herzien(paar, generatie, NU)
        )
        assert volgende is not None
        assert volgende.versie == max(match.versie, generatie * GENERATIE) + 1
        match = volgende
