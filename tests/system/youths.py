"""Youths whom nobody used before, made known to the BRP simulator."""

import itertools
import secrets
from collections.abc import Iterator

from driver import Driver


def _new_bsns() -> Iterator[str]:
    """Numbers that pass the eleven test; no official test person has them (those begin with 9999), nor an earlier run."""
    for number in itertools.count(10_000_000 + secrets.randbelow(80_000_000)):
        digits = f"{number:08d}"
        rest = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 1, -1), strict=True)) % 11
        if rest < 10:
            yield f"{digits}{rest}"


_bsns = _new_bsns()


def next_bsn() -> str:
    """One that nobody has."""
    return next(_bsns)


def new_youth(driver: Driver) -> str:
    """The BSN of a youth without siblings whom nobody used before."""
    bsn = next(_bsns)
    person = {
        "burgerservicenummer": bsn,
        "geslacht": {"code": "V", "omschrijving": "vrouw"},
        "gemeenteVanInschrijving": {"code": "0363", "omschrijving": "Amsterdam"},
        "naam": {"voornamen": "Noor", "geslachtsnaam": "Storing", "volledigeNaam": "Noor Storing"},
        "geboorte": {"datum": {"type": "Datum", "datum": "2015-05-01", "langFormaat": "1 mei 2015"}},
    }
    control = driver.addresses["simulators"]["brp"].split("/haalcentraal")[0] + f"/_besturing/personen/{bsn}"
    driver.http.put(control, json=person).raise_for_status()
    return bsn


def new_child(driver: Driver, *parents: str) -> str:
    """The BSN of a youth whom nobody used before, born in 2015 as a child of these."""
    bsn = next(_bsns)
    happens(driver, "geboorte", bsn, datum="2015-05-01", ouders=parents)
    return bsn


def happens(driver: Driver, soort: str, bsn: str, **wat: object) -> None:
    """Let something happen to somebody in the BRP, by a mutation of the simulator."""
    control = driver.addresses["simulators"]["brp"].split("/haalcentraal")[0] + "/_besturing/mutaties"
    driver.http.post(control, json={"soort": soort, "bsn": bsn, **wat}).raise_for_status()
