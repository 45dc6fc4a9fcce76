"""The terms of match (D7)."""

from calendar import monthrange
from datetime import date


def maanden_eerder(dag: date, maanden: int) -> date:
    """The same day so many months before; the last day of that month when it has no such day."""
    jaar, maand = divmod(dag.year * 12 + dag.month - 1 - maanden, 12)
    return date(jaar, maand + 1, min(dag.day, monthrange(jaar, maand + 1)[1]))
