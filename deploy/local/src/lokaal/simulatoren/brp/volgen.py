"""Whom the caller follows, and who of them changed (BRP Update API 1.0.0: its OpenAPI, and its features)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Volgindicatie:
    """One followed BSN: since when, and from which day no more (None: until told otherwise)."""

    begindatum: date
    einddatum: date | None

    def actief(self, vandaag: date) -> bool:
        """Tell whether this person is followed on `vandaag`; the day of the end itself no more."""
        return self.einddatum is None or self.einddatum > vandaag

    def as_json(self, bsn: str) -> dict[str, str]:
        """Return a VolgindicatieRaadplegen."""
        einde = {"einddatum": self.einddatum.isoformat()} if self.einddatum else {}
        return einde | {"begindatum": self.begindatum.isoformat(), "burgerservicenummer": bsn}


class Volgindicaties:
    """What one caller follows; `vandaag` gives the date that indications and changes are of."""

    def __init__(self, vandaag: Callable[[], date]) -> None:
        self._vandaag = vandaag
        self.herstel()

    def herstel(self) -> None:
        """Forget whom is followed and what changed."""
        self._per_bsn: dict[str, Volgindicatie] = {}
        self._gewijzigd: dict[str, date] = {}

    def __len__(self) -> int:
        return len(self.actieve())

    def zoek(self, bsn: str) -> Volgindicatie | None:
        """Return the indication on this BSN, also one that has ended."""
        return self._per_bsn.get(bsn)

    def actieve(self) -> dict[str, Volgindicatie]:
        """Return the indications that have not ended, by BSN."""
        vandaag = self._vandaag()
        return {bsn: each for bsn, each in self._per_bsn.items() if each.actief(vandaag)}

    def zet(self, bsn: str, einddatum: date | None) -> tuple[Volgindicatie, bool]:
        """Place, change or end an indication; return it, and whether it was placed.

        One that had ended begins anew, so that a change in between is not told; one that runs keeps its begin.
        """
        vandaag = self._vandaag()
        nieuw, huidig = Volgindicatie(vandaag, einddatum), self._per_bsn.get(bsn)
        geplaatst = huidig is None or (nieuw.actief(vandaag) and not huidig.actief(vandaag))
        if huidig is not None and not geplaatst:
            nieuw = Volgindicatie(huidig.begindatum, einddatum)
        self._per_bsn[bsn] = nieuw
        return nieuw, geplaatst

    def gewijzigd(self, *bsns: str) -> None:
        """Note that the data of these persons changed today."""
        self._gewijzigd |= dict.fromkeys(bsns, self._vandaag())

    def wijzigingen(self, vanaf: date | None) -> list[str]:
        """Return the BSNs that are followed and changed since, on or after `vanaf`."""
        return [
            bsn
            for bsn, each in self.actieve().items()
            if bsn in self._gewijzigd and self._gewijzigd[bsn] >= max(each.begindatum, vanaf or date.min)
        ]
