"""The cause of a match: one, and the same whatever the order (D18)."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from services.match.tests.berichten import OP

from contracts.match import OorzaakSoort
from match.domain.oorzaak import oorzaak, wijziging_id
from match.domain.signaal import Ouderband, Signaal, SignaalStatus

KIND, ZUS, VADER, MOEDER = (UUID(int=n) for n in range(1, 5))


def signaal(nummer: int, dag: int, jeugdige: UUID) -> Signaal:
    rest = [UUID(int=0)] * 3
    op = OP + timedelta(days=dag)
    return Signaal(
        UUID(int=nummer), jeugdige, *rest, "overig", "c", "0392", op, date(2026, 1, 1), SignaalStatus.ACTIEF, None
    )


def band(kind: UUID, ouder: UUID, dag: int, *, gewijzigd: bool = True, versie: int = 2) -> Ouderband:
    return Ouderband(kind, ouder, OP + timedelta(days=dag), versie, gewijzigd)


def beide_kanten(a: Signaal, b: Signaal, *gedeeld: tuple[Ouderband, Ouderband]):
    """The cause, checked for every order of arguments."""
    een = oorzaak(a, b, gedeeld)
    assert oorzaak(b, a, [(y, x) for x, y in reversed(gedeeld)]) == een
    return een


def test_the_later_signal_is_the_cause() -> None:
    gevonden = beide_kanten(signaal(9, 1, KIND), signaal(8, 2, KIND))
    assert gevonden == (OorzaakSoort.SIGNAAL_AFGEGEVEN, UUID(int=8), OP + timedelta(days=2))


def test_at_the_same_moment_the_higher_id_is() -> None:
    assert beide_kanten(signaal(9, 1, KIND), signaal(8, 1, KIND)).id == UUID(int=9)


def test_a_parent_that_both_had_from_the_start_is_never_the_cause() -> None:
    banden = (band(KIND, VADER, 5, gewijzigd=False), band(ZUS, VADER, 6, gewijzigd=False))
    assert beide_kanten(signaal(1, 1, KIND), signaal(2, 2, ZUS), banden).soort is OorzaakSoort.SIGNAAL_AFGEGEVEN


def test_a_parent_that_came_after_both_signals_is() -> None:
    banden = (band(KIND, VADER, 0, gewijzigd=False), band(ZUS, VADER, 3, versie=7))
    gevonden = beide_kanten(signaal(1, 1, KIND), signaal(2, 2, ZUS), banden)
    assert gevonden == (OorzaakSoort.PERSOON_GEWIJZIGD, wijziging_id(ZUS, 7), OP + timedelta(days=3))


def test_a_parent_is_shared_from_the_later_of_both_changes() -> None:
    banden = (band(KIND, VADER, 5, versie=3), band(ZUS, VADER, 4, versie=7))
    assert beide_kanten(signaal(1, 1, KIND), signaal(2, 2, ZUS), banden).id == wijziging_id(KIND, 3)


@pytest.mark.parametrize("dag", [1, 2])
def test_a_parent_before_the_later_signal_is_not(dag: int) -> None:
    banden = (band(KIND, VADER, 0), band(ZUS, VADER, dag))
    assert beide_kanten(signaal(1, 1, KIND), signaal(2, 2, ZUS), banden).id == UUID(int=2)


def test_the_earliest_shared_parent_counts() -> None:
    laat = (band(KIND, VADER, 8), band(ZUS, VADER, 9, versie=9))
    vroeg = (band(KIND, MOEDER, 3), band(ZUS, MOEDER, 4, versie=4))
    assert beide_kanten(signaal(1, 1, KIND), signaal(2, 2, ZUS), laat, vroeg).id == wijziging_id(ZUS, 4)


def test_a_second_parent_changes_nothing_when_the_first_was_always_shared() -> None:
    altijd = (band(KIND, VADER, 0, gewijzigd=False), band(ZUS, VADER, 0, gewijzigd=False))
    later = (band(KIND, MOEDER, 3), band(ZUS, MOEDER, 4))
    assert beide_kanten(signaal(1, 1, KIND), signaal(2, 2, ZUS), altijd, later).id == UUID(int=2)
