"""The offset of the domain clock of a local stack (D7): a file that every process reads, moved forward by a person.

Only the domain's date moves; TLS, tokens and Kafka keep real time.
"""

import os
import re
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from platformkit.clock import AMSTERDAM

_UNITS = {"j": "years", "mnd": "months", "w": "weeks", "d": "days", "u": "hours", "m": "minutes", "s": "seconds"}
_PART = re.compile(r"(\d+)\s*(mnd|[jwdums])")
_ISO = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


class DuurError(ValueError):
    """The text is no duration; the message says what is."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"'{text}' is geen duur. Geef bijvoorbeeld PLUS=20m (minuten), 5u (uren), 3d (dagen), 2w (weken), "
            "6mnd (maanden), 1j (jaar), 1j6mnd, of een ISO 8601-duur zoals P1Y2M10DT2H30M. "
            "De klok gaat alleen vooruit, en niet verder dan het jaar 9999."
        )


def lees(bestand: Path) -> int:
    """The offset in seconds; 0 when the file is not there or empty.

    Raises:
        ValueError: the file holds something else than a whole number.
    """
    return int((bestand.read_text().strip() or "0") if bestand.exists() else "0")


def vooruit(bestand: Path, duur: str, nu: datetime | None = None) -> datetime:
    """Add a duration to the offset in the file, atomically, and give the new domain time in Europe/Amsterdam.

    Args:
        bestand: the file that holds the offset.
        duur: such as `20m`, `3d`, `6mnd`, `1j6mnd` or an ISO 8601 duration.
        nu: the real time; for tests.

    Raises:
        DuurError: the text is no duration, or leads beyond the calendar.
    """
    nu = nu or datetime.now(UTC)
    oud = nu.astimezone(UTC) + timedelta(seconds=lees(bestand))
    nieuw = plus(oud, duur)
    _schrijf(bestand, round((nieuw - nu).total_seconds()))
    return nieuw.astimezone(AMSTERDAM)


def plus(moment: datetime, duur: str) -> datetime:
    """A moment plus a duration: years to days by the calendar in Europe/Amsterdam, the rest in real time.

    A day that the month does not have becomes the first of the next month, as the law's terms do (D7).

    Raises:
        DuurError: the text is no duration, or leads beyond the calendar.
    """
    delen = _delen(duur)
    wand = moment.astimezone(AMSTERDAM)
    try:
        maanden = wand.year * 12 + wand.month - 1 + delen["years"] * 12 + delen["months"]
        dag = _dag(maanden // 12, maanden % 12 + 1, wand.day) + timedelta(weeks=delen["weeks"], days=delen["days"])
        verzet = datetime.combine(dag, wand.time(), AMSTERDAM).replace(fold=wand.fold)
        rest = timedelta(hours=delen["hours"], minutes=delen["minutes"], seconds=delen["seconds"])
        return verzet.astimezone(UTC) + rest
    except (OverflowError, ValueError) as fout:
        raise DuurError(duur) from fout


def _delen(duur: str) -> dict[str, int]:
    tekst = duur.strip()
    delen = dict.fromkeys(_UNITS.values(), 0)
    if (iso := _ISO.fullmatch(tekst)) and any(iso.groupdict().values()):
        return delen | {naam: int(waarde) for naam, waarde in iso.groupdict().items() if waarde}
    paren = _PART.findall(tekst)
    eenheden = [eenheid for _, eenheid in paren]
    if not paren or _PART.sub("", tekst).strip() or len(set(eenheden)) < len(eenheden):
        raise DuurError(duur)
    return delen | {_UNITS[eenheid]: int(getal) for getal, eenheid in paren}


def _dag(jaar: int, maand: int, dag: int) -> date:
    try:
        return date(jaar, maand, dag)
    except ValueError:
        return date(jaar + maand // 12, maand % 12 + 1, 1)


def _schrijf(bestand: Path, seconden: int) -> None:
    """Replace the file in one step: a process that reads meanwhile sees the old or the new number, never half of it."""
    bestand.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=bestand.parent, prefix=".klok", delete=False) as tijdelijk:
        tijdelijk.write(f"{seconden}\n")
    os.replace(tijdelijk.name, bestand)
