"""The calendar of ages (D7): 23 on the first possible day, 29 February becomes 1 March."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brp_proxy.domain.leeftijd import (
    Jaar,
    JaarMaand,
    eerste_dag,
    grensdatum,
    leeftijd_op,
    leeftijdsgroep,
    verjaardag,
)
from contracts.statistiek import Leeftijdsgroep

DAGEN = st.dates(date(1900, 1, 1), date(2100, 12, 31))
DAG = timedelta(days=1)


@pytest.mark.regel("R021")
@pytest.mark.parametrize(
    ("geboren", "grens"),
    [
        (date(2003, 11, 22), date(2026, 11, 22)),
        (date(2004, 2, 29), date(2027, 3, 1)),
        (JaarMaand(2004, 2), date(2027, 2, 1)),
        (Jaar(2004), date(2027, 1, 1)),
    ],
)
def test_the_limit_is_the_first_possible_23rd_birthday(geboren, grens) -> None:
    assert grensdatum(geboren) == grens


@pytest.mark.parametrize(("jaren", "dag"), [(20, date(2016, 2, 29)), (21, date(2017, 3, 1)), (22, date(2018, 3, 1))])
def test_a_birthday_on_29_february(jaren, dag) -> None:
    geboren = date(1996, 2, 29)
    assert verjaardag(geboren, jaren) == dag
    assert leeftijd_op(dag, geboren) == jaren
    assert leeftijd_op(dag - DAG, geboren) == jaren - 1


@given(DAGEN, st.integers(0, 100))
def test_an_age_is_reached_on_the_birthday_and_not_a_day_before(geboren, jaren) -> None:
    dag = verjaardag(geboren, jaren)
    assert leeftijd_op(dag, geboren) == jaren
    assert jaren == 0 or leeftijd_op(dag - DAG, geboren) == jaren - 1


@given(DAGEN)
def test_what_is_unknown_of_a_birth_date_never_moves_the_limit_back(geboren) -> None:
    for vaag in (JaarMaand(geboren.year, geboren.month), Jaar(geboren.year)):
        assert eerste_dag(vaag) <= geboren
        assert grensdatum(vaag) <= grensdatum(geboren)


@given(DAGEN, DAGEN)
def test_nobody_gets_younger(geboren, dag) -> None:
    assert leeftijd_op(dag, geboren) <= leeftijd_op(dag + DAG, geboren)


@pytest.mark.regel("R265")
def test_the_age_bands_cover_every_age_below_23() -> None:
    laatste = {groep: max(age for age in range(23) if leeftijdsgroep(age) is groep) for groep in Leeftijdsgroep}
    assert list(laatste.values()) == [3, 12, 17, 22]
