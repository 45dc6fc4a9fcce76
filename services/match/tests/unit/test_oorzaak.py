"""The cause of a match: one, and the same whatever the order (D18)."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.match.tests.bouwstenen import NU, band, signaal

from contracts.match import OorzaakSoort
from match.domain.oorzaak import Oorzaak, oorzaak, wijziging_id
from match.domain.signaal import Kandidaat, Ouderband

pytestmark = pytest.mark.regel("D18")
KIND, ZUS, VADER, MOEDER, DERDE = (UUID(int=n) for n in range(1, 6))


def op(dag: int, jeugdige: UUID, nummer: int) -> Kandidaat:
    return signaal(jeugdige, signaal_id=UUID(int=nummer), afgegeven_op=NU + timedelta(days=dag))


def nieuw(kind: UUID, ouder: UUID, dag: int, versie: int = 2) -> Ouderband:
    return band(kind, ouder, dag=dag, versie=versie, gewijzigd=True)


def beide_kanten(a: Kandidaat, b: Kandidaat, *gedeeld: tuple[Ouderband, Ouderband]) -> Oorzaak:
    """The cause, checked for every order of arguments."""
    een = oorzaak(a, b, gedeeld)
    assert oorzaak(b, a, [(y, x) for x, y in reversed(gedeeld)]) == een
    return een


EERST, LAATST = op(1, KIND, 9), op(2, ZUS, 8)


def test_the_later_signal_is_the_cause() -> None:
    gevonden = beide_kanten(op(1, KIND, 9), op(2, KIND, 8))
    assert gevonden == (OorzaakSoort.SIGNAAL_AFGEGEVEN, UUID(int=8), NU + timedelta(days=2))


def test_at_the_same_moment_the_higher_id_is() -> None:
    assert beide_kanten(op(1, KIND, 9), op(1, KIND, 8)).id == UUID(int=9)


def test_a_parent_that_both_had_from_the_start_is_never_the_cause() -> None:
    """D18: PersoonVastgelegd is never a cause, also when it arrived after both signals."""
    banden = (band(KIND, VADER, dag=5), band(ZUS, VADER, dag=6))
    assert beide_kanten(EERST, LAATST, banden).soort is OorzaakSoort.SIGNAAL_AFGEGEVEN


def test_a_parent_that_came_after_both_signals_is() -> None:
    banden = (band(KIND, VADER), nieuw(ZUS, VADER, 3, versie=7))
    gevonden = beide_kanten(EERST, LAATST, banden)
    assert gevonden == (OorzaakSoort.PERSOON_GEWIJZIGD, wijziging_id(ZUS, 7), NU + timedelta(days=3))


def test_a_parent_is_shared_from_the_later_of_both_changes() -> None:
    banden = (nieuw(KIND, VADER, 5, versie=3), nieuw(ZUS, VADER, 4, versie=7))
    assert beide_kanten(EERST, LAATST, banden).id == wijziging_id(KIND, 3)


def test_when_both_got_the_parent_in_one_moment_the_higher_person_counts() -> None:
    banden = (nieuw(KIND, VADER, 5), nieuw(ZUS, VADER, 5))
    assert beide_kanten(EERST, LAATST, banden).id == wijziging_id(ZUS, 2)


@pytest.mark.parametrize("dag", [1, 2])
def test_a_parent_before_the_later_signal_is_not(dag: int) -> None:
    banden = (nieuw(KIND, VADER, 0), nieuw(ZUS, VADER, dag))
    assert beide_kanten(EERST, LAATST, banden).id == LAATST.signaal_id


def test_the_earliest_shared_parent_counts() -> None:
    laat = (nieuw(KIND, VADER, 8), nieuw(ZUS, VADER, 9, versie=9))
    vroeg = (nieuw(KIND, MOEDER, 3), nieuw(ZUS, MOEDER, 4, versie=4))
    assert beide_kanten(EERST, LAATST, laat, vroeg).id == wijziging_id(ZUS, 4)


def test_a_second_parent_changes_nothing_when_the_first_was_always_shared() -> None:
    altijd = (band(KIND, VADER), band(ZUS, VADER))
    later = (nieuw(KIND, MOEDER, 3), nieuw(ZUS, MOEDER, 4))
    assert beide_kanten(EERST, LAATST, altijd, later).id == LAATST.signaal_id


def test_the_id_of_a_change_depends_on_person_and_version_alone() -> None:
    """Written down: notificatie mails a cause once, so its id may not change with this code (R102)."""
    assert str(wijziging_id(KIND, 2)) == "00dc8485-bdb9-5f7e-ba05-a9a1f3081825"
    assert len({wijziging_id(kind, versie) for kind in (KIND, ZUS) for versie in (1, 2)}) == 4


@settings(deadline=None)
@given(st.data())
def test_in_any_order_one_cause_that_is_not_before_either_signal(data: st.DataObject) -> None:
    dagen = st.integers(-3, 3)
    a, b = op(data.draw(dagen), KIND, 1), op(data.draw(dagen), ZUS, 2)
    gedeeld = [
        tuple(
            band(kind, ouder, dag=data.draw(dagen), versie=data.draw(dagen), gewijzigd=data.draw(st.booleans()))
            for kind in (KIND, ZUS)
        )
        for ouder in (VADER, MOEDER, DERDE)[: data.draw(st.integers(0, 3))]
    ]
    gevonden = beide_kanten(a, b, *gedeeld)
    assert {oorzaak(a, b, orde) for orde in (data.draw(st.permutations(gedeeld)), gedeeld)} == {gevonden}
    laatste = max(a.afgegeven_op, b.afgegeven_op)
    if gevonden.soort is OorzaakSoort.PERSOON_GEWIJZIGD:
        assert gevonden.op > laatste
    else:
        assert gevonden.op == laatste
