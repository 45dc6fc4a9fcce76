"""Events of the contracts on a topic of a test's own, so that tests do not read each other's messages."""

from datetime import UTC, datetime
from uuid import UUID

from contracts.persoon import PersoonGewijzigd

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def gewijzigd(topic: str, persoon: UUID) -> PersoonGewijzigd:
    """A change of a person, sent on `topic`."""
    event = type("PersoonGewijzigd", (PersoonGewijzigd,), {"TOPIC": topic})
    made: PersoonGewijzigd = event(persoon_ref=persoon, ouders=(), woongemeente="0392", geheim=False)
    return made
