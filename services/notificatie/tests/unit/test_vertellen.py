"""Whether somebody has still to be told, when the mail is due."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from contracts.base import MatchId
from contracts.match import MatchReden, MatchStatus
from notificatie.domain.notificatie import Soort, Status
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort
from notificatie.domain.vertellen import Stand, Verloop, Verteld, is_nieuws, te_herroepen, waarover, weet_ervan

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
    assert waarover(Soort.MATCH, OntvangerSoort.ACCOUNT, matches, VANDAAG) == professional
    assert waarover(Soort.MATCH, OntvangerSoort.COORDINATOR, matches, VANDAAG) == coordinator


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


def na(origineel: Verloop | None, stand: Stand = VERWIJDERD) -> Stand:
    return replace(stand, origineel=origineel)


@pytest.mark.regel("D18")
@pytest.mark.parametrize("voor", OntvangerSoort)
@pytest.mark.parametrize(
    ("matches", "nog"),
    [
        ([na(AFGELEVERD)], [0]),
        ([na(AFGELEVERD, TELT)], []),
        ([na(AFGELEVERD), na(AFGELEVERD, TELT), na(AFGELEVERD)], [0, 2]),
        ([na(Verloop(Status.MISLUKT, 1))], [0]),
        ([na(Verloop(Status.MISLUKT, 0))], []),
        ([na(Verloop(Status.VERVALLEN, 0))], []),
        ([na(Verloop(Status.VERVALLEN, 1), VERLOPEN)], [0]),
        ([na(None)], []),
        ([na(None), na(AFGELEVERD)], [1]),
    ],
)
def test_that_it_was_wrong_is_told_to_who_heard_of_it(
    matches: list[Stand], nog: list[int], voor: OntvangerSoort
) -> None:
    assert waarover(Soort.MATCH_ONJUIST, voor, matches, VANDAAG) == [matches[each] for each in nog]


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


IK, ANDER = (Ontvanger(OntvangerSoort.ACCOUNT, naam) for naam in ("ik", "ander"))
MATCH = MatchId(UUID(int=1))


def verteld(
    nummer: int, status: Status, *, onzeker: int = 0, herroept: int | None = None, aan: Ontvanger = IK
) -> Verteld:
    soort = Soort.MATCH if herroept is None else Soort.MATCH_ONJUIST
    van = None if herroept is None else UUID(int=herroept)
    return Verteld(UUID(int=nummer), soort, aan, Verloop(status, onzeker), MATCH, van)


EERST = verteld(1, Status.AFGELEVERD)
OPNIEUW = verteld(3, Status.AFGELEVERD)


@pytest.mark.regel("D18")
@pytest.mark.parametrize(
    ("over", "weet"),
    [
        ([], False),
        ([EERST], True),
        ([verteld(1, Status.WACHTEND)], True),
        ([verteld(1, Status.BEZIG)], True),
        ([verteld(1, Status.VERVALLEN)], False),
        ([verteld(1, Status.VERVALLEN, onzeker=1)], False),
        ([verteld(1, Status.MISLUKT, onzeker=1)], False),
        ([verteld(1, Status.AFGELEVERD, aan=ANDER)], False),
        ([EERST, verteld(2, Status.WACHTEND, herroept=1)], True),
        ([EERST, verteld(2, Status.VERVALLEN, herroept=1)], True),
        ([EERST, verteld(2, Status.MISLUKT, herroept=1)], True),
        ([EERST, verteld(2, Status.WACHTEND, onzeker=1, herroept=1)], False),
        ([EERST, verteld(2, Status.BEZIG, herroept=1)], False),
        ([EERST, verteld(2, Status.AFGELEVERD, herroept=1)], False),
        ([EERST, verteld(2, Status.AFGELEVERD, herroept=9)], True),
        ([EERST, verteld(2, Status.AFGELEVERD, herroept=1), OPNIEUW], True),
    ],
)
def test_who_knows_of_a_match_and_was_not_told_that_it_was_wrong_need_not_be_told_again(
    over: list[Verteld], weet: bool
) -> None:
    assert weet_ervan(IK, over) is weet


@pytest.mark.regel("D18")
@pytest.mark.parametrize(
    ("over", "terug"),
    [
        ([], []),
        ([EERST, verteld(4, Status.BEZIG, aan=ANDER)], [1, 4]),
        ([verteld(1, Status.WACHTEND)], []),
        ([verteld(1, Status.VERVALLEN, onzeker=1)], [1]),
        ([EERST, verteld(2, Status.VERVALLEN, herroept=1)], [1]),
        ([EERST, verteld(2, Status.WACHTEND, herroept=1)], []),
        ([EERST, verteld(2, Status.MISLUKT, herroept=1)], []),
        ([EERST, verteld(2, Status.AFGELEVERD, herroept=1)], []),
        ([EERST, verteld(2, Status.AFGELEVERD, herroept=1), OPNIEUW], [3]),
    ],
)
def test_what_was_heard_is_taken_back_once(over: list[Verteld], terug: list[int]) -> None:
    assert [each.id.int for each in te_herroepen(over)] == terug
