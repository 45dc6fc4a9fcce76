"""The domain clock of the local stack: what PLUS may be, and what it does."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lokaal import klok
from platformkit.clock import AMSTERDAM

NU = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)  # 13:00 in Amsterdam; summer time begins on the 29th


@pytest.mark.parametrize(
    ("duur", "verwacht"),
    [
        ("20m", "2026-03-27T13:20:00+01:00"),
        ("5u", "2026-03-27T18:00:00+01:00"),
        ("90s", "2026-03-27T13:01:30+01:00"),
        ("3d", "2026-03-30T13:00:00+02:00"),  # the wall clock, over the change to summer time
        ("72u", "2026-03-30T14:00:00+02:00"),  # real hours
        ("2w", "2026-04-10T13:00:00+02:00"),
        ("6mnd", "2026-09-27T13:00:00+02:00"),
        ("1j", "2027-03-27T13:00:00+01:00"),
        ("1j 6mnd", "2027-09-27T13:00:00+02:00"),
        ("10mnd", "2027-01-27T13:00:00+01:00"),
        ("P1Y2M10DT2H30M", "2027-06-06T15:30:00+02:00"),
        ("PT45S", "2026-03-27T13:00:45+01:00"),
        ("P2W", "2026-04-10T13:00:00+02:00"),
    ],
)
def test_durations(duur: str, verwacht: str) -> None:
    assert klok.plus(NU, duur).astimezone(AMSTERDAM).isoformat() == verwacht


@pytest.mark.parametrize(
    ("begin", "duur", "verwacht"),
    [("2028-02-29", "1j", "2029-03-01"), ("2028-02-29", "4j", "2032-02-29"), ("2026-01-31", "1mnd", "2026-03-01")],
)
def test_a_day_that_does_not_exist_becomes_the_first_of_the_next_month(begin: str, duur: str, verwacht: str) -> None:
    moment = datetime.fromisoformat(f"{begin}T12:00:00+00:00")
    assert klok.plus(moment, duur).date().isoformat() == verwacht


@pytest.mark.parametrize(
    "duur", ["", "20", "m", "-3d", "3 dagen", "1d1d", "P", "PT", "P-1D", "9999j", "99999999999999999999d", "1,5d"]
)
def test_bad_input_is_told_what_is_good_and_changes_nothing(duur: str, tmp_path: Path) -> None:
    bestand = tmp_path / "klok"
    bestand.write_text("60\n")
    with pytest.raises(klok.DuurError, match="PLUS=20m"):
        klok.vooruit(bestand, duur)
    assert bestand.read_text() == "60\n"


def test_moves_add_up_in_the_file_and_leave_nothing_beside_it(tmp_path: Path) -> None:
    bestand = tmp_path / "klok"
    klok.vooruit(bestand, "20m", NU)
    nieuw = klok.vooruit(bestand, "PT10S", NU)
    assert klok.lees(bestand) == 20 * 60 + 10
    assert nieuw.isoformat() == "2026-03-27T13:20:10+01:00"
    assert [file.name for file in tmp_path.iterdir()] == ["klok"]


def test_without_a_file_the_clock_is_on_time(tmp_path: Path) -> None:
    assert klok.lees(tmp_path / "klok") == 0
