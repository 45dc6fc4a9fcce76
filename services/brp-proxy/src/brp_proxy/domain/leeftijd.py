"""Ages and birthdays as the law counts them (D7). Pure: the date of today comes in."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from contracts.http.persoonsgegevens import Leeftijdsband
from contracts.statistiek import Leeftijdsgroep

GRENS = 23
"""Jeugdwet 7.1.1.1: a youth has not yet reached this age (R020, R021)."""

_GROEPEN = (
    (3, Leeftijdsgroep.VAN_0_TOT_EN_MET_3),
    (12, Leeftijdsgroep.VAN_4_TOT_EN_MET_12),
    (17, Leeftijdsgroep.VAN_13_TOT_EN_MET_17),
)


@dataclass(frozen=True, repr=False)
class JaarMaand:
    """A date of which the day is unknown."""

    jaar: int
    maand: int


@dataclass(frozen=True, repr=False)
class Jaar:
    """A date of which only the year is known."""

    jaar: int


Datum: TypeAlias = date | JaarMaand | Jaar
"""As far as the BRP knows it; one that is wholly unknown is none."""
Geboortedatum: TypeAlias = Datum


def eerste_dag(datum: Datum) -> date:
    """The first day that this date can be (D7: of a birth date it counts for 12 and 23)."""
    match datum:
        case JaarMaand(jaar=jaar, maand=maand):
            return date(jaar, maand, 1)
        case Jaar(jaar=jaar):
            return date(jaar, 1, 1)
        case date():
            return datum


def laatste_dag(datum: Datum) -> date:
    """The last day that this date can be (D7: of a birth date it counts for 16)."""
    match datum:
        case JaarMaand(jaar=jaar, maand=maand):
            return date(jaar, maand, monthrange(jaar, maand)[1])
        case Jaar(jaar=jaar):
            return date(jaar, 12, 31)
        case date():
            return datum


def verjaardag(geboren: date, leeftijd: int) -> date:
    """The day on which somebody reaches `leeftijd`; one born on 29 February does so on 1 March in other years (D7)."""
    jaar = geboren.year + leeftijd
    try:
        return geboren.replace(year=jaar)
    except ValueError:
        return date(jaar, 3, 1)


def grensdatum(geboren: Geboortedatum) -> date:
    """The first day on which the youth can be 23: from then on nothing may be kept of him (R022, R025)."""
    return verjaardag(eerste_dag(geboren), GRENS)


def leeftijd_op(dag: date, geboren: Geboortedatum) -> int:
    """The highest age in whole years that somebody with this birth date can have on `dag`."""
    begin = eerste_dag(geboren)
    jaren = dag.year - begin.year
    return jaren if verjaardag(begin, jaren) <= dag else jaren - 1


def leeftijdsgroep(leeftijd: int) -> Leeftijdsgroep:
    """The band of R265 for an age below 23."""
    for hoogste, groep in _GROEPEN:
        if leeftijd <= hoogste:
            return groep
    return Leeftijdsgroep.VAN_18_TOT_EN_MET_22


def leeftijdsband(dag: date, geboren: Geboortedatum) -> Leeftijdsband:
    """Who decides on the data on `dag`: when in doubt youth and parents together, which protects most (D7)."""
    if verjaardag(laatste_dag(geboren), 16) <= dag:
        return Leeftijdsband.VANAF_16
    if verjaardag(eerste_dag(geboren), 12) <= dag:
        return Leeftijdsband.VAN_12_TOT_EN_MET_15
    return Leeftijdsband.ONDER_12
