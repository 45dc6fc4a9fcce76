"""The persons that the simulator knows: a file, and what control calls have changed since."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lokaal.simulatoren.brp.velden import zonder_leeg

Persoon = dict[str, Any]

_NIET_GELEVERD = frozenset({"F", "W"})


class _Bestand(BaseModel):
    personen: list[Persoon]


class Personenbestand:
    """Persons by BSN, in the response form of the API; changes last until `herstel`."""

    def __init__(self, personen: Mapping[str, Persoon]) -> None:
        self._origineel = dict(personen)
        self._nu = dict(personen)

    @classmethod
    def lees(cls, pad: Path) -> "Personenbestand":
        """Read a file `{"personen": [...]}`; persons without a BSN cannot be asked for and are left out.

        Raises OSError when it cannot be read, ValueError when it is not such a file.
        """
        inhoud = _Bestand.model_validate_json(pad.read_bytes())
        personen: dict[str, Persoon] = {}
        for ruw in inhoud.personen:
            persoon = zonder_leeg(ruw)
            bsn = persoon.get("burgerservicenummer")
            # A BSN can stand on a removed list and on a good one; the good one counts.
            if bsn and (bsn not in personen or _wordt_geleverd(persoon)):
                personen[bsn] = persoon
        return cls(personen)

    def __len__(self) -> int:
        return len(self._nu)

    def zoek(self, bsn: str) -> Persoon | None:
        """Return the person, or None when the BSN is unknown or its list was removed (suspended with F or W)."""
        persoon = self._nu.get(bsn)
        return persoon if persoon is not None and _wordt_geleverd(persoon) else None

    def zet(self, bsn: str, document: Persoon) -> bool:
        """Replace or add a person when `document` has a BSN, else merge it into the known one (RFC 7396).

        Returns False when there is nobody to merge it into.
        """
        if "burgerservicenummer" not in document:
            bestaand = self._nu.get(bsn)
            if bestaand is None:
                return False
            document = _merge(bestaand, document)
        self._nu[bsn] = zonder_leeg(document | {"burgerservicenummer": bsn})
        return True

    def vergeet(self, bsn: str) -> None:
        """Make this BSN unknown."""
        self._nu.pop(bsn, None)

    def herstel(self) -> None:
        """Undo every change."""
        self._nu = dict(self._origineel)


def _wordt_geleverd(persoon: Persoon) -> bool:
    return persoon.get("opschortingBijhouding", {}).get("reden", {}).get("code") not in _NIET_GELEVERD


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
