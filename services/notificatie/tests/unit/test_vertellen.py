"""Whether somebody has still to be told, when the mail is due."""

from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.match import MatchReden, MatchStatus
from notificatie.domain.notificatie import Soort, Status
from notificatie.domain.ontvangers import OntvangerSoort
from notificatie.domain.vertellen import Stand, Verloop, is_nieuws, waarover

VANDAAG = date(2026, 11, 22)
NU = datetime(2026, 11, 22, 12, tzinfo=UTC)
MORGEN = VANDAAG + timedelta(days=1)
TELT, VERLOPEN = Stand(MatchStatus.ACTIEF, MORGEN), Stand(MatchStatus.ACTIEF, VANDAAG)
VOORBIJ = Stand(MatchStatus.BEEINDIGD, MORGEN)
AFGELEVERD = Verloop(Status.AFGELEVERD, 0)


def waarom(reden: MatchReden) -> Stand:
    return Stand(MatchStatus.BEEINDIGD, MORGEN, reden)


GESLOTEN, VERWIJDERD = waarom(MatchReden.SIGNAAL_GEDEACTIVEERD), waarom(MatchReden.SIGNAAL_VERWIJDERD)


@pytest.mark.regel("D4", "D10")
@pytest.mark.parametrize(
    ("matches", "professional", "coordinator"),
    [
        ([TELT], [TELT], [TELT]),
        ([VERLOPEN], [VERLOPEN], []),
        ([GESLOTEN], [GESLOTEN], []),
        ([VERWIJDERD], [], []),
        ([VOORBIJ], [], []),
        ([VERWIJDERD, TELT], [TELT], [TELT]),
        ([GESLOTEN, TELT], [TELT], [TELT]),
        ([GESLOTEN, VERWIJDERD, VERLOPEN], [GESLOTEN, VERLOPEN], []),
        ([], [], []),
    ],
)
def test_what_counts_is_told_or_else_what_was_right_to_whoever_is_in_it(
    matches: list[Stand], professional: list[Stand], coordinator: list[Stand]
) -> None:
    assert waarover(Soort.MATCH, OntvangerSoort.ACCOUNT, matches, None, VANDAAG) == professional
    assert waarover(Soort.MATCH, OntvangerSoort.COORDINATOR, matches, None, VANDAAG) == coordinator


@pytest.mark.regel("D10")
@pytest.mark.parametrize("reden", MatchReden)
def test_only_closing_and_the_calendar_leave_a_match_right(reden: MatchReden) -> None:
    assert waarom(reden).terecht is (reden in {MatchReden.SIGNAAL_GEDEACTIVEERD, MatchReden.EINDDATUM})


@pytest.mark.parametrize(
    ("stand", "dagen", "nieuws"),
    [(TELT, 0, True), (TELT, 700, True), (GESLOTEN, 6.9, True), (GESLOTEN, 7, False), (VERLOPEN, 7, False)],
)
def test_what_is_over_is_news_for_a_week(stand: Stand, dagen: float, nieuws: bool) -> None:
    assert is_nieuws(stand, NU - timedelta(days=dagen), NU, VANDAAG) is nieuws


@pytest.mark.regel("D18")
@pytest.mark.parametrize("voor", OntvangerSoort)
@pytest.mark.parametrize(
    ("origineel", "matches", "nog"),
    [
        (AFGELEVERD, [VERWIJDERD], True),
        (AFGELEVERD, [VERWIJDERD, TELT], False),
        (Verloop(Status.MISLUKT, 1), [VERWIJDERD], True),
        (Verloop(Status.MISLUKT, 0), [VERWIJDERD], False),
        (Verloop(Status.VERVALLEN, 0), [VERWIJDERD], False),
        (Verloop(Status.VERVALLEN, 1), [VERLOPEN], True),
        (None, [VERWIJDERD], False),
    ],
)
def test_that_it_was_wrong_is_told_to_who_heard_of_it(
    origineel: Verloop | None, matches: list[Stand], nog: bool, voor: OntvangerSoort
) -> None:
    assert waarover(Soort.MATCH_ONJUIST, voor, matches, origineel, VANDAAG) == (matches if nog else [])


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
