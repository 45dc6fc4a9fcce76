"""An operator reads and says moments in one zone, that of the Netherlands."""

from datetime import UTC, datetime
from uuid import UUID

from platformkit.messaging.replay import Letter
from platformkit.service import dead_letters

PARKED = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


def test_a_dead_letter_is_told_in_dutch_time_with_its_offset() -> None:
    letter = Letter(UUID(int=1), "a.b", "b", 0, 1, None, {}, None, "PoisonError", None, PARKED, 0)
    assert dead_letters._summary(letter, PARKED)["parkedAt"] == "2026-07-02T00:30:00+02:00"


def test_a_day_begins_at_midnight_in_the_netherlands() -> None:
    asked = dead_letters._parser("proef").parse_args(["list", "--since", "2026-07-02"])
    assert asked.since == datetime(2026, 7, 1, 22, tzinfo=UTC)
