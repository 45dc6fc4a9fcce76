"""Whether somebody has still to be told, when the mail is due."""

from datetime import date, timedelta

import pytest

from contracts.match import MatchStatus
from notificatie.domain.notificatie import Soort, Status
from notificatie.domain.vertellen import Stand, Verloop, moet_verteld

VANDAAG = date(2026, 11, 22)
MORGEN = VANDAAG + timedelta(days=1)
TELT, VERLOPEN = Stand(MatchStatus.ACTIEF, MORGEN), Stand(MatchStatus.ACTIEF, VANDAAG)
VOORBIJ = Stand(MatchStatus.BEEINDIGD, MORGEN)
AFGELEVERD = Verloop(Status.AFGELEVERD, 0)


@pytest.mark.regel("D4")
@pytest.mark.parametrize(
    ("matches", "nog"),
    [([TELT], True), ([VERLOPEN], False), ([VOORBIJ], False), ([VOORBIJ, TELT], True), ([], False)],
)
def test_a_match_is_told_as_long_as_one_with_its_cause_counts(matches: list[Stand], nog: bool) -> None:
    assert moet_verteld(Soort.MATCH, matches, None, VANDAAG) is nog


@pytest.mark.regel("D18")
@pytest.mark.parametrize(
    ("origineel", "matches", "nog"),
    [
        (AFGELEVERD, [VOORBIJ], True),
        (AFGELEVERD, [VOORBIJ, TELT], False),
        (Verloop(Status.MISLUKT, 1), [VOORBIJ], True),
        (Verloop(Status.MISLUKT, 0), [VOORBIJ], False),
        (Verloop(Status.VERVALLEN, 0), [VOORBIJ], False),
        (Verloop(Status.VERVALLEN, 1), [VERLOPEN], True),
        (None, [VOORBIJ], False),
    ],
)
def test_that_it_was_wrong_is_told_to_who_heard_of_it(
    origineel: Verloop | None, matches: list[Stand], nog: bool
) -> None:
    assert moet_verteld(Soort.MATCH_ONJUIST, matches, origineel, VANDAAG) is nog


@pytest.mark.regel("D18")
@pytest.mark.parametrize(
    ("verloop", "kan"),
    [
        (AFGELEVERD, True),
        (Verloop(Status.BEZIG, 0), True),
        (Verloop(Status.WACHTEND, 1), True),
        (Verloop(Status.WACHTEND, 0), False),
        (Verloop(Status.MISLUKT, 0), False),
        (Verloop(Status.VERVALLEN, 0), False),
    ],
)
def test_whoever_may_have_heard_of_it_is_to_be_told_that_it_was_wrong(verloop: Verloop, kan: bool) -> None:
    assert verloop.kan_nog_gehoord_worden is kan
