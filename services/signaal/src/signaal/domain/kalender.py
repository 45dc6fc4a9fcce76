"""The law as a calendar (D7): terms as data with where they stand, and pure functions over dates."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from platformkit.errors import DomainError


@dataclass(frozen=True)
class Duur:
    """A duration in calendar units."""

    jaren: int = 0
    maanden: int = 0
    weken: int = 0
    dagen: int = 0


@dataclass(frozen=True)
class Termijn:
    """A term of the law or of our design, and where it stands."""

    duur: Duur
    grondslag: str


LOOPTIJD: Final = Termijn(Duur(jaren=2), "Jeugdwet 7.1.4.5(2)(a); R060, R070")
"""A signal is active for at most this long from its begindatum."""

VERWIJZING_GELDIG: Final = timedelta(minutes=5)
"""A persoon_ref older than this is refused at issue: brp-proxy may let it go fifteen minutes after it gave it (D1)."""

_DUUR = re.compile(r"P(?:([0-9]{1,4})Y)?(?:([0-9]{1,4})M)?(?:([0-9]{1,4})W)?(?:([0-9]{1,5})D)?")


def lees_duur(tekst: str) -> Duur:
    """The duration in an ISO 8601 text of years, months, weeks and days, such as P1Y6M.

    Raises:
        DomainError: `duur-ongeldig`, also for a duration of nothing.
    """
    gevonden = _DUUR.fullmatch(tekst)
    if gevonden is None:
        raise DomainError("duur-ongeldig")
    duur = Duur(*(int(deel or 0) for deel in gevonden.groups()))
    if duur == Duur():
        raise DomainError("duur-ongeldig")
    return duur


def tel_op(dag: date, duur: Duur) -> date:
    """The day that lies `duur` after `dag`: first years and months, then weeks and days.

    A day that its month does not have becomes the first of the next: 29 February plus one year is 1 March (D7). Past the
    end of the calendar it is the calendar's last day.
    """
    maanden = dag.year * 12 + dag.month - 1 + duur.jaren * 12 + duur.maanden
    jaar, maand = divmod(maanden, 12)
    if jaar > date.max.year:
        return date.max
    try:
        eerst = date(jaar, maand + 1, dag.day)
    except ValueError:
        eerst = date(jaar, maand + 2, 1)  # only in months with a successor in the same year: December has 31 days
    try:
        return eerst + timedelta(weeks=duur.weken, days=duur.dagen)
    except OverflowError:
        return date.max


@dataclass(frozen=True)
class Looptijd:
    """From `begindatum` up to, not including, `einddatum`; `ingekort` when the 23rd birthday cut it (R025)."""

    begindatum: date
    einddatum: date
    ingekort: bool = False


def gevraagde_looptijd(begindatum: date, wens: date | Duur) -> Looptijd:
    """The period that the professional asks for, by its first inactive day or by its length (R060, R061).

    Raises:
        DomainError: `einddatum-in-verleden`, or `einddatum-te-ver` with `laatsteDatum`, the latest one allowed.
    """
    einddatum = tel_op(begindatum, wens) if isinstance(wens, Duur) else wens
    if einddatum <= begindatum:
        raise DomainError("einddatum-in-verleden")
    laatste = tel_op(begindatum, LOOPTIJD.duur)
    if einddatum > laatste:
        raise DomainError("einddatum-te-ver", laatsteDatum=laatste.isoformat())
    return Looptijd(begindatum, einddatum)


def kort_in(looptijd: Looptijd, uiterlijk: date) -> Looptijd:
    """The period, cut at `uiterlijk`, the youth's 23rd birthday (R025, D7: shortened, not refused).

    Raises:
        DomainError: `persoon-te-oud`, the birthday is not after the begindatum (R024).
    """
    if uiterlijk <= looptijd.begindatum:
        raise DomainError("persoon-te-oud")
    if looptijd.einddatum <= uiterlijk:
        return looptijd
    return Looptijd(looptijd.begindatum, uiterlijk, ingekort=True)


def isoweek(dag: date) -> str:
    """The ISO 8601 week, such as 2026-W47."""
    jaar, week, _ = dag.isocalendar()
    return f"{jaar:04}-W{week:02}"
