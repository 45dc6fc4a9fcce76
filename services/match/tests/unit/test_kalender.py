"""Months before a day."""

from datetime import date

import pytest

from match.domain.kalender import maanden_eerder


@pytest.mark.regel("D7")
@pytest.mark.parametrize(
    ("dag", "maanden", "eerder"),
    [
        (date(2025, 9, 10), 3, date(2025, 6, 10)),
        (date(2025, 3, 31), 1, date(2025, 2, 28)),
        (date(2024, 5, 30), 3, date(2024, 2, 29)),
        (date(2025, 2, 1), 3, date(2024, 11, 1)),
        (date(2025, 12, 1), 12, date(2024, 12, 1)),
        (date(2025, 12, 31), 24, date(2023, 12, 31)),
        (date(2025, 1, 1), 0, date(2025, 1, 1)),
    ],
)
def test_the_same_day_or_the_last_of_the_month(dag: date, maanden: int, eerder: date) -> None:
    assert maanden_eerder(dag, maanden) == eerder
