"""When the BRP is asked who changed, and when all are read again."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brp_proxy.domain.volgen import gewijzigd_vanaf, nacht_begint
from platformkit.clock import AMSTERDAM

VANDAAG = date(2026, 11, 22)
DAGEN = st.dates(date(2026, 1, 1), date(2026, 2, 1))


@given(st.lists(st.tuples(DAGEN, st.booleans()), min_size=1), DAGEN)
def test_whenever_is_asked_and_whatever_fails_a_change_is_told(
    vragen: list[tuple[date, bool]], gewijzigd: date
) -> None:
    """It comes on its day after that day's questions: the worst that can be."""
    tot, verteld = None, False
    for dag, beantwoord in sorted(vragen):
        if beantwoord:
            vanaf = gewijzigd_vanaf(tot)
            verteld |= dag > gewijzigd and (vanaf is None or vanaf <= gewijzigd)
            tot = dag
    assert verteld or tot is None or tot <= gewijzigd


def test_a_day_is_asked_for_until_the_end_of_the_next_and_no_longer() -> None:
    assert gewijzigd_vanaf(VANDAAG) == VANDAAG - timedelta(days=1)


@pytest.mark.parametrize(
    ("nagelopen_op", "nu", "begint"),
    [
        (None, datetime(2026, 11, 22, 12, tzinfo=AMSTERDAM), True),
        (None, datetime(2026, 11, 22, 0, 59, tzinfo=AMSTERDAM), False),
        (VANDAAG, datetime(2026, 11, 22, 23, tzinfo=AMSTERDAM), False),
        (VANDAAG, datetime(2026, 11, 23, 0, 59, tzinfo=AMSTERDAM), False),
        (VANDAAG, datetime(2026, 11, 23, 1, tzinfo=AMSTERDAM), True),
        (VANDAAG, datetime(2026, 11, 25, 14, tzinfo=AMSTERDAM), True),
    ],
)
def test_once_a_night_or_as_soon_after_as_somebody_looks(nagelopen_op: date | None, nu: datetime, begint: bool) -> None:
    assert nacht_begint(nagelopen_op, nu) is begint
