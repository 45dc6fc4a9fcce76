"""The persons that the simulator knows: a file, and what control calls have changed since."""

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

from lokaal.simulatoren.brp.velden import zonder_leeg

Persoon: TypeAlias = dict[str, Any]
Lijsten: TypeAlias = tuple[Persoon, ...]
"""All lists (persoonslijsten) on one BSN."""

_NIET_GELEVERD = frozenset({"F", "W"})


class _Bestand(BaseModel):
    personen: list[Persoon]


class OnbruikbaarError(ValueError):
    """The file is no file of persons. Its text says why, and names nobody."""


class Personenbestand:
    """Lists by BSN, in the response form of the API; changes last until `herstel`."""

    def __init__(self, bron: Mapping[str, Lijsten]) -> None:
        self._bron = bron
        self.herstel()

    def __len__(self) -> int:
        weg = sum(not lijsten for bsn, lijsten in self._nu.items() if bsn in self._bron)
        return len(self._bron) - weg + sum(bool(lijsten) for bsn, lijsten in self._nu.items() if bsn not in self._bron)

    def lijsten(self, bsn: str) -> Lijsten:
        """Return every list on this BSN, the removed ones, too."""
        return self._nu[bsn] if bsn in self._nu else self._bron.get(bsn, ())

    def zoek(self, bsn: str) -> Lijsten:
        """Return the lists that are delivered: none when the BSN is unknown or its list was removed (F or W)."""
        return tuple(filter(_wordt_geleverd, self.lijsten(bsn)))

    def vorige(self, bsn: str) -> Lijsten:
        """Return what was delivered before the last change of this BSN."""
        return tuple(filter(_wordt_geleverd, self._vorige.get(bsn, self.lijsten(bsn))))

    def ander(self, bsn: str) -> Lijsten:
        """Return the lists of somebody else."""
        return next((gevonden for ander in self._bron if ander != bsn and (gevonden := self.zoek(ander))), ())

    def geldend(self, bsn: str) -> Persoon | None:
        """Return the list that counts: one that is kept up, else one that is delivered, else a removed one."""
        return _geldend(self.lijsten(bsn))

    def zet(self, bsn: str, document: Persoon) -> bool:
        """Replace or add a person when `document` has a BSN, else merge it into the known one (RFC 7396).

        Returns False when there is nobody to merge it into.
        """
        if "burgerservicenummer" in document:
            self.zet_lijsten(bsn, (document,))
            return True
        oud = self.geldend(bsn)
        if oud is None:
            return False
        self.vervang(bsn, _merge(oud, document))
        return True

    def zet_lijsten(self, bsn: str, lijsten: Iterable[Persoon]) -> None:
        """Let these be all lists on this BSN; none makes it unknown."""
        self._vorige[bsn] = self.lijsten(bsn)
        self._nu[bsn] = tuple(zonder_leeg(lijst | {"burgerservicenummer": bsn}) for lijst in lijsten)

    def vervang(self, bsn: str, nieuw: Persoon) -> None:
        """Let `nieuw` stand where the list that counts stood; the other lists on this BSN stay."""
        lijsten = self.lijsten(bsn)
        oud = _geldend(lijsten)
        rest = [lijst for lijst in lijsten if lijst is not oud]
        self.zet_lijsten(bsn, (nieuw, *rest))

    def vergeet(self, bsn: str) -> None:
        """Make this BSN unknown."""
        self.zet_lijsten(bsn, ())

    def herstel(self) -> None:
        """Undo every change."""
        self._nu: dict[str, Lijsten] = {}
        self._vorige: dict[str, Lijsten] = {}


def lees(pad: Path) -> Mapping[str, Lijsten]:
    """Read a file `{"personen": [...]}` (`.gz` packed); persons without a BSN cannot be asked for and are left out.

    A BSN may have several lists: suspended ones, and others by their A number.

    Raises OSError when it cannot be read, OnbruikbaarError when it is not such a file.
    """
    try:
        inhoud = _Bestand.model_validate_json(_uitgepakt(pad))
    except (ValidationError, gzip.BadGzipFile, EOFError, zlib.error):
        raise OnbruikbaarError("geen bestand in de vorm {'personen': [...]}") from None
    return per_bsn(map(zonder_leeg, inhoud.personen))


def per_bsn(personen: Iterable[Persoon]) -> dict[str, Lijsten]:
    """Return lists by BSN.

    Raises OnbruikbaarError when a BSN is none, or when a list that is kept up stands there twice.
    """
    gevonden: dict[str, Lijsten] = {}
    onjuist = 0
    for persoon in personen:
        bsn = persoon.get("burgerservicenummer")
        if isinstance(bsn, str) and re.fullmatch(r"[0-9]{9}", bsn, re.ASCII):
            gevonden[bsn] = (*gevonden.get(bsn, ()), persoon)
        elif bsn is not None:
            onjuist += 1
    if onjuist:
        raise OnbruikbaarError(f"burgerservicenummers die geen 9 cijfers zijn: {onjuist}")
    bijgehouden = Counter(
        (bsn, lijst.get("aNummer"))
        for bsn, lijsten in gevonden.items()
        for lijst in lijsten
        if "opschortingBijhouding" not in lijst
    )
    dubbel = sum(aantal > 1 for aantal in bijgehouden.values())
    if dubbel:
        raise OnbruikbaarError(f"persoonslijsten die er dubbel in staan: {dubbel}")
    return gevonden


def _uitgepakt(pad: Path) -> bytes:
    return gzip.decompress(pad.read_bytes()) if pad.suffix == ".gz" else pad.read_bytes()


def _wordt_geleverd(persoon: Persoon) -> bool:
    return persoon.get("opschortingBijhouding", {}).get("reden", {}).get("code") not in _NIET_GELEVERD


def _geldend(lijsten: Lijsten) -> Persoon | None:
    return min(lijsten, key=_rang, default=None)


def _rang(persoon: Persoon) -> tuple[bool, bool]:
    return not _wordt_geleverd(persoon), "opschortingBijhouding" in persoon


def _merge(doel: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    uit = dict(doel) if isinstance(doel, dict) else {}
    for naam, waarde in patch.items():
        if waarde is None:
            uit.pop(naam, None)
        else:
            uit[naam] = _merge(uit.get(naam), waarde)
    return uit
