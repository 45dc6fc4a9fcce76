"""Families that nobody is in: as many persons as asked, the same ones for the same seed and day.

A person is some 700 bytes until he is asked for; only then is his list written.

Their BSNs are eleven-proof and lie between 001000000 and 009999999. RvIG's own test persons are in 9999…, 1006… and
0000…, where only some 27,000 numbers pass the eleven test. With two leading zeros nobody has a number: a BSN, as the sofi
number before it, has eight or nine digits (nl.wikipedia.org/wiki/Burgerservicenummer), and eight are written with one zero.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.resources import files
from itertools import chain, count
from typing import Any, Final, NamedTuple

from lokaal.gemeenten import CODES
from lokaal.simulatoren.brp import datums, tabellen
from lokaal.simulatoren.brp.adres import Adres, woont
from lokaal.simulatoren.brp.personen import Lijsten, OnbruikbaarError, Persoon

EERSTE: Final = 1_000_000
LAATSTE: Final = 9_999_999
MEESTE: Final = 500_000
"""Persons that fit, with room to spare."""
JAREN: Final = 23
"""The children are younger."""
_JAAR: Final = 365.2425

# Shares in percent: estimates of what is usual, so that every kind occurs; no statistics.
_OUDERS: Final = {"VM": 81, "V": 9, "VV": 3, "MM": 1, "Vm": 5, "": 1}
"""Of which sex the parents are; a small letter is one without a BSN."""
_KINDEREN: Final = {1: 28, 2: 46, 3: 19, 4: 5, 5: 2}
_HALF: Final = 14
"""The eldest have another second parent, who lives elsewhere."""
_TWEELING: Final = 2
_ERKEND_LATER: Final = 6
_GEADOPTEERD: Final = 1
_GEHEIM: Final = 2
_ONVOLLEDIG: Final = 2

# Estimated shares of the youths of the region.
_GEMEENTEN: Final = {
    "Amsterdam": 46,
    "Haarlem": 11,
    "Zaanstad": 11,
    "Amstelveen": 7,
    "Purmerend": 6,
    "Edam-Volendam": 3,
    "Aalsmeer": 3,
    "Diemen": 3,
    "Uithoorn": 3,
    "Waterland": 2,
    "Wormerland": 2,
    "Landsmeer": 1,
    "Ouder-Amstel": 1,
    "Oostzaan": 1,
}
_NAMEN: Final[Mapping[str, list[str]]] = json.loads(files(__package__).joinpath("data/namen.json").read_text("utf-8"))
"""First names by sex, surnames, streets."""


class _Huis(NamedTuple):
    gemeente: str
    straat: str
    nummer: int
    postcode: str


@dataclass(slots=True)
class _Lid:
    """One person; `geboren` is his real day, `bekend` how much of it is known (2: not the day .. 0: nothing)."""

    bsn: str | None
    voornaam: str
    achternaam: str
    geslacht: str
    geboren: date
    huis: _Huis
    sinds: date
    bekend: int = 3
    geheim: bool = False
    ouders: Sequence[tuple["_Lid", date]] = ()
    kinderen: list["_Lid"] = field(default_factory=list)


class Synthetisch(Mapping[str, Lijsten]):
    """Lists by BSN of at least `aantal` persons, in whole families, after those of `naast`.

    Raises OnbruikbaarError when so many do not fit.
    """

    def __init__(self, aantal: int, vandaag: date, zaad: int, naast: Mapping[str, Lijsten]) -> None:
        if not 1 <= aantal <= MEESTE:
            raise OnbruikbaarError(f"het kunnen er 1 tot en met {MEESTE} zijn")
        self._toeval = random.Random(zaad)  # noqa: S311 (made-up families, the same each time)
        self._vandaag = vandaag
        self._naast = naast
        self._bsns = _bsns()
        self._leden: dict[str, _Lid] = {}
        while len(self._leden) < aantal:
            self._gezin()

    def __getitem__(self, bsn: str) -> Lijsten:
        """Return the lists on this BSN."""
        return (_lijst(self._leden[bsn]),) if bsn in self._leden else self._naast[bsn]

    def __iter__(self) -> Iterator[str]:
        """Go over all BSNs."""
        return chain(self._naast, self._leden)

    def __len__(self) -> int:
        return len(self._naast) + len(self._leden)

    def _gezin(self) -> None:
        geboortes, huis = self._geboortes(), self._huis()
        samen = [self._ouder(geslacht, geboortes[0], huis) for geslacht in self._keuze(_OUDERS)]
        eerder: Sequence[_Lid] = samen
        if len(samen) == 2 and len(geboortes) > 1 and self._kans(_HALF):
            eerder = [samen[0], self._ouder("M", geboortes[0], self._huis())]
        oudsten = self._toeval.randint(1, max(1, len(geboortes) - 1))
        geheim = self._kans(_GEHEIM)
        kinderen = [
            self._kind(geboren, eerder if nummer < oudsten else samen, huis) for nummer, geboren in enumerate(geboortes)
        ]
        for lid in (*samen, *kinderen):
            lid.geheim = geheim

    def _kind(self, geboren: date, ouders: Sequence[_Lid], huis: _Huis) -> _Lid:
        geslacht = self._toeval.choice("MV")
        naam = ouders[-1].achternaam if ouders else self._toeval.choice(_NAMEN["achternamen"])
        kind = _Lid(next(self._bsns), self._voornaam(geslacht), naam, geslacht, geboren, huis, geboren)
        if self._kans(_ONVOLLEDIG):
            kind.bekend = self._toeval.choices((2, 1, 0), (5, 4, 1))[0]
        geadopteerd = self._kans(_GEADOPTEERD)
        kind.ouders = [
            (ouder, self._later(geboren) if geadopteerd or (tweede and self._kans(_ERKEND_LATER)) else geboren)
            for tweede, ouder in enumerate(ouders)
        ]
        for ouder in ouders:
            ouder.kinderen.append(kind)
        return self._opgenomen(kind)

    def _geboortes(self) -> list[date]:
        """The days on which the children were born, the eldest first; none of them is 23."""
        grens = date(self._vandaag.year - JAREN, self._vandaag.month, min(self._vandaag.day, 28))
        dagen = (self._vandaag - grens).days - 1
        oudste = self._vandaag - timedelta(days=self._toeval.randrange(dagen))
        geboren = [oudste]
        for _ in range(1, self._keuze(_KINDEREN)):
            verschil = 0 if self._kans(_TWEELING) else self._toeval.randint(330, 1900)
            geboren.append(geboren[-1] + timedelta(days=verschil))
        return [dag for dag in geboren if dag <= self._vandaag]

    def _ouder(self, geslacht: str, eerste_kind: date, huis: _Huis) -> _Lid:
        geboren = eerste_kind - timedelta(days=int(self._toeval.triangular(18, 46, 30) * _JAAR))
        bsn = next(self._bsns) if geslacht.isupper() else None
        wie = geslacht.upper()
        achternaam = self._toeval.choice(_NAMEN["achternamen"])
        return self._opgenomen(_Lid(bsn, self._voornaam(wie), achternaam, wie, geboren, huis, eerste_kind))

    def _opgenomen(self, lid: _Lid) -> _Lid:
        if lid.bsn:
            self._leden[lid.bsn] = lid
        return lid

    def _huis(self) -> _Huis:
        letters = "".join(self._toeval.choices("ABCDEFGHJKLMNPRSTUVWXZ", k=2))
        postcode = f"{self._toeval.randint(1000, 2099)}{letters}"
        gemeente = CODES[self._keuze(_GEMEENTEN)]
        return _Huis(gemeente, self._toeval.choice(_NAMEN["straten"]), self._toeval.randint(1, 400), postcode)

    def _later(self, geboren: date) -> date:
        return min(self._vandaag, geboren + timedelta(days=self._toeval.randint(30, 2000)))

    def _voornaam(self, geslacht: str) -> str:
        return self._toeval.choice(_NAMEN[geslacht])

    def _keuze(self, gewichten: Mapping[Any, int]) -> Any:
        return self._toeval.choices(list(gewichten), list(gewichten.values()))[0]

    def _kans(self, procent: int) -> bool:
        return self._toeval.random() * 100 < procent


def _bsns() -> Iterator[str]:
    for begin in count(EERSTE // 10):
        cijfers = f"{begin:08d}"
        rest = sum(int(cijfer) * (9 - plaats) for plaats, cijfer in enumerate(cijfers)) % 11
        if rest < 10:
            yield f"{cijfers}{rest}"


def _naam(lid: _Lid) -> dict[str, Any]:
    voorvoegsel, _, achternaam = lid.achternaam.rpartition(" ")
    return {
        "voornamen": lid.voornaam,
        **({"voorvoegsel": voorvoegsel} if voorvoegsel else {}),
        "geslachtsnaam": achternaam,
        "voorletters": f"{lid.voornaam[0]}.",
    }


def _geboorte(lid: _Lid) -> dict[str, Any]:
    bekend = (lid.geboren.year, lid.geboren.month, lid.geboren.day)[: lid.bekend]
    jaar, maand, dag = (*bekend, 0, 0, 0)[:3]
    return {"datum": datums.met_wat_bekend_is(jaar, maand, dag)}


def _ouder(ouder: _Lid, plaats: str, sinds: date) -> dict[str, Any]:
    return {
        **({"burgerservicenummer": ouder.bsn} if ouder.bsn else {}),
        "geslacht": tabellen.waarde(tabellen.GESLACHT, ouder.geslacht),
        "ouderAanduiding": plaats,
        "datumIngangFamilierechtelijkeBetrekking": datums.volledig(sinds),
        "naam": _naam(ouder),
        "geboorte": _geboorte(ouder),
    }


def _lijst(lid: _Lid) -> Persoon:
    huis = lid.huis
    lijst: Persoon = {
        "burgerservicenummer": lid.bsn,
        "geslacht": tabellen.waarde(tabellen.GESLACHT, lid.geslacht),
        "naam": {**_naam(lid), "volledigeNaam": f"{lid.voornaam} {lid.achternaam}"},
        "geboorte": {**_geboorte(lid), "land": tabellen.waarde(tabellen.landen(), tabellen.NEDERLAND)},
        **woont(huis.gemeente, Adres(straat=huis.straat, huisnummer=huis.nummer, postcode=huis.postcode), lid.sinds),
    }
    if lid.geheim:
        lijst["geheimhoudingPersoonsgegevens"] = True
    if lid.ouders:
        lijst["ouders"] = [_ouder(ouder, str(plaats), sinds) for plaats, (ouder, sinds) in enumerate(lid.ouders, 1)]
    if lid.kinderen:
        lijst["kinderen"] = [
            {"burgerservicenummer": kind.bsn, "naam": _naam(kind), "geboorte": _geboorte(kind)} for kind in lid.kinderen
        ]
    return lijst
