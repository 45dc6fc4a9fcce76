"""When the BRP is asked who of those whom we follow has changed, and when all of them are read again (D7)."""

from datetime import date, datetime, timedelta
from typing import Final

TERUG: Final = timedelta(days=1)
"""Changes are told by the day, and what happens on a day may come after its last question."""
_UUR: Final = 1
"""In local time: after the changes of the day before are in."""


def gewijzigd_vanaf(gewijzigd_tot: date | None) -> date | None:
    """From which day on changes are to be asked for, when those up to a day were dealt with; none for all that there are."""
    return gewijzigd_tot - TERUG if gewijzigd_tot else None


def nacht_begint(nagelopen_op: date | None, hier: datetime) -> bool:
    """Whether a night has come (`hier`: here) since the last one that was gone through to its end."""
    return hier.hour >= _UUR and nagelopen_op != hier.date()
