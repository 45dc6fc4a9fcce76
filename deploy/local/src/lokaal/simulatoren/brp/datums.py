"""Dates as the BRP API delivers them: complete, or with parts that nobody knows."""

from datetime import date
from typing import Any

_MAANDEN = (
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
)


def volledig(datum: date) -> dict[str, Any]:
    """Return a date of which everything is known."""
    lang = f"{datum.day} {_MAANDEN[datum.month - 1]} {datum.year}"
    return {"type": "Datum", "datum": datum.isoformat(), "langFormaat": lang}


def jaar_maand(jaar: int, maand: int) -> dict[str, Any]:
    """Return a date without a day."""
    return {"type": "JaarMaandDatum", "jaar": jaar, "maand": maand, "langFormaat": f"{_MAANDEN[maand - 1]} {jaar}"}


def alleen_jaar(jaar: int) -> dict[str, Any]:
    """Return a date of which the year is known."""
    return {"type": "JaarDatum", "jaar": jaar, "langFormaat": str(jaar)}


def onbekend() -> dict[str, Any]:
    """Return a date of which nothing is known."""
    return {"type": "DatumOnbekend", "onbekend": True, "langFormaat": "onbekend"}


def met_wat_bekend_is(jaar: int, maand: int, dag: int) -> dict[str, Any]:
    """Return a date of which a part may be 0: not known; nothing is known of a day that does not exist."""
    if dag:
        try:
            return volledig(date(jaar, maand, dag))
        except ValueError:
            return onbekend()
    if maand:
        return jaar_maand(jaar, maand)
    return alleen_jaar(jaar) if jaar else onbekend()


def eerste(datum: dict[str, Any]) -> date | None:
    """Return the first day that a delivered date can be; None when it can be any."""
    if "datum" in datum:
        return date.fromisoformat(datum["datum"])
    return date(datum["jaar"], datum.get("maand", 1), 1) if "jaar" in datum else None
