"""One line per figure: what was measured, against what, and whether the goal was met. Never a verdict by exit code."""

import json
import sys
from dataclasses import asdict, dataclass

MERK = "UITKOMST "
"""Begins the lines on which a benchmark tells its figures to `python -m tests.bench`."""


@dataclass(frozen=True)
class Uitkomst:
    """One figure. `gehaald` is None where there is no goal."""

    naam: str
    waarde: str
    naast: str = ""
    verhouding: str = ""
    doel: str = ""
    gehaald: bool | None = None


def meld(tekst: str) -> None:
    """Tell a person who waits what goes on."""
    print(tekst, flush=True)  # noqa: T201


def geef(*uitkomsten: Uitkomst) -> None:
    """Tell figures, so that they come in the table of all."""
    for each in uitkomsten:
        print(MERK + json.dumps(asdict(each)), flush=True)  # noqa: T201


def tabel(uitkomsten: list[Uitkomst]) -> str:
    """All figures in one table."""
    kop = ("figure", "value", "beside", "ratio", "goal", "")
    rijen = [(u.naam, u.waarde, u.naast, u.verhouding, u.doel, _oordeel(u.gehaald)) for u in uitkomsten]
    breed = [max(len(rij[kolom]) for rij in (kop, *rijen)) for kolom in range(len(kop))]
    regels = ["  ".join(cel.ljust(breedte) for cel, breedte in zip(rij, breed, strict=True)) for rij in (kop, *rijen)]
    return "\n".join(regel.rstrip() for regel in regels)


def lees(regel: str) -> Uitkomst | None:
    """The figure that a line tells, if it tells one."""
    return Uitkomst(**json.loads(regel[len(MERK) :])) if regel.startswith(MERK) else None


def lang() -> bool:
    """Whether the full length was asked for."""
    return "--lang" in sys.argv[1:]


def getal(gewoon: int) -> int:
    """The size that was asked for on the command line; `gewoon` when none was."""
    return next((int(each) for each in sys.argv[1:] if each.isdigit()), gewoon)


def _oordeel(gehaald: bool | None) -> str:
    return "" if gehaald is None else ("met" if gehaald else "NOT MET")
