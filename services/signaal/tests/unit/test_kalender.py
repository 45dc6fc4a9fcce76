"""The calendar of the law, by example and by property."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformkit.errors import DomainError
from signaal.domain.kalender import (
    VERWIJZING_GELDIG,
    Duur,
    Looptijd,
    gevraagde_looptijd,
    isoweek,
    kort_in,
    lees_duur,
    tel_op,
)

DAGEN = st.dates(date(2000, 1, 1), date(2200, 12, 31))
BEGIN = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("tekst", "duur"),
    [
        ("P1Y", Duur(jaren=1)),
        ("P6M", Duur(maanden=6)),
        ("P2W", Duur(weken=2)),
        ("P90D", Duur(dagen=90)),
        ("P1Y6M10D", Duur(jaren=1, maanden=6, dagen=10)),
    ],
)
@pytest.mark.regel("R061")
def test_a_duration_is_read_as_iso_8601(tekst: str, duur: Duur) -> None:
    assert lees_duur(tekst) == duur


@pytest.mark.parametrize(
    "tekst", ["", "P", "P0D", "PT1H", "1Y", "P1M1Y", "P-1D", "p1y", "P1.5Y", "een jaar", "P1Y ", "P\u0661Y", "P99999Y"]
)
def test_what_is_no_duration_is_refused(tekst: str) -> None:
    with pytest.raises(DomainError) as refused:
        lees_duur(tekst)
    assert refused.value.code == "duur-ongeldig"


@given(st.integers(0, 200))
def test_29_february_plus_n_years_is_1_march_unless_that_year_has_one(jaren: int) -> None:
    jaar = 2028 + jaren
    schrikkel = jaar % 4 == 0 and (jaar % 100 != 0 or jaar % 400 == 0)
    assert tel_op(date(2028, 2, 29), Duur(jaren=jaren)) == (date(jaar, 2, 29) if schrikkel else date(jaar, 3, 1))


@given(DAGEN, st.integers(0, 300))
def test_adding_months_never_lands_before_that_month_nor_more_than_a_day_past_it(dag: date, maanden: int) -> None:
    gevonden = tel_op(dag, Duur(maanden=maanden))
    jaar, maand = divmod(dag.year * 12 + dag.month - 1 + maanden, 12)
    eerste = date(jaar, maand + 1, 1)
    volgende = tel_op(eerste, Duur(maanden=1))
    assert eerste <= gevonden <= volgende
    assert gevonden.day == dag.day or gevonden == volgende


@given(DAGEN, st.integers(0, 500), st.integers(0, 500))
def test_weeks_and_days_are_days(dag: date, weken: int, dagen: int) -> None:
    assert tel_op(dag, Duur(weken=weken, dagen=dagen)) == dag + timedelta(days=7 * weken + dagen)


def test_a_duration_past_the_end_of_the_calendar_is_too_far_and_no_crash() -> None:
    for duur in (Duur(jaren=9999), Duur(jaren=7972), Duur(jaren=7970, dagen=99999)):
        with pytest.raises(DomainError) as refused:
            gevraagde_looptijd(BEGIN, duur)
        assert refused.value.code == "einddatum-te-ver"


@given(DAGEN)
@pytest.mark.regel("R060")
def test_a_signal_is_active_for_two_years_at_most(begin: date) -> None:
    laatste = tel_op(begin, Duur(jaren=2))
    assert gevraagde_looptijd(begin, laatste) == Looptijd(begin, laatste)
    with pytest.raises(DomainError) as refused:
        gevraagde_looptijd(begin, laatste + timedelta(days=1))
    assert (refused.value.code, refused.value.extra) == ("einddatum-te-ver", {"laatsteDatum": laatste.isoformat()})


@given(DAGEN, st.integers(0, 4000))
@pytest.mark.regel("R061")
def test_the_first_inactive_day_lies_after_the_first_day(begin: date, eerder: int) -> None:
    with pytest.raises(DomainError) as refused:
        gevraagde_looptijd(begin, begin - timedelta(days=eerder))
    assert refused.value.code == "einddatum-in-verleden"


@given(DAGEN, st.integers(1, 730), st.integers(1, 3000))
@pytest.mark.regel("R025")
def test_a_signal_never_passes_the_23rd_birthday_and_says_when_it_is_cut(begin: date, dagen: int, tot: int) -> None:
    uiterlijk = begin + timedelta(days=tot)
    looptijd = kort_in(gevraagde_looptijd(begin, begin + timedelta(days=dagen)), uiterlijk)
    assert looptijd.einddatum == min(begin + timedelta(days=dagen), uiterlijk)
    assert looptijd.ingekort == (tot < dagen)
    assert looptijd.begindatum < looptijd.einddatum


@pytest.mark.regel("R024")
@pytest.mark.parametrize("geleden", [0, 1, 5000])
def test_on_the_23rd_birthday_it_is_too_late(geleden: int) -> None:
    with pytest.raises(DomainError) as refused:
        kort_in(gevraagde_looptijd(BEGIN, Duur(jaren=1)), BEGIN - timedelta(days=geleden))
    assert refused.value.code == "persoon-te-oud"


def test_the_week_is_the_iso_week_also_around_new_year() -> None:
    assert [isoweek(date(2026, 11, 22)), isoweek(date(2027, 1, 1)), isoweek(date(2024, 12, 30))] == [
        "2026-W47",
        "2026-W53",
        "2025-W01",
    ]


def test_the_last_year_of_the_calendar_is_part_of_it() -> None:
    assert tel_op(date(9998, 6, 1), Duur(jaren=1)) == date(9999, 6, 1)
    assert tel_op(date(9998, 6, 1), Duur(jaren=1, maanden=7)) == date.max


@pytest.mark.regel("D1")
def test_a_reference_is_good_for_a_third_of_what_brp_proxy_waits() -> None:
    assert timedelta(minutes=5) == VERWIJZING_GELDIG
