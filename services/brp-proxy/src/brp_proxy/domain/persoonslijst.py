"""What the BRP says of a youth, in our words, and whether a signal on him is possible."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from brp_proxy.domain.afstamming import Plaats
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.leeftijd import Datum, Geboortedatum, grensdatum
from contracts.statistiek import Geslacht
from platformkit.errors import DomainError


@dataclass(frozen=True, repr=False)
class Ouderregistratie:
    """A parent on the youth's list (only the current ones stand there).

    `bsn` is none for a parent who has none, and for one of whom hardly anything is known; `aanduiding` is his place on
    the list, 1 or 2; `ingang` is since when he is the parent in law, none when that is not known.
    """

    bsn: Bsn | None
    aanduiding: str | None
    ingang: Datum | None

    @property
    def plaats(self) -> Plaats:
        """Where and since when he stands there."""
        return Plaats(self.aanduiding, self.ingang)


@dataclass(frozen=True, repr=False)
class Persoonslijst:
    """One person of a BRP answer.

    `geboren` is none when the birth date is wholly unknown; `overleden_op` is none for one who lives, and for one whose
    death is not known to the day; `woongemeente` is a CBS code, none for a secret address,
    unknown or abroad (D6); `gegevens` are the derived data of R032, to be stored encrypted and nowhere else.
    """

    bsn: Bsn
    geboren: Geboortedatum | None
    overleden: bool
    overleden_op: date | None
    geheim: bool
    woongemeente: str | None
    geslacht: Geslacht
    ouders: tuple[Ouderregistratie, ...]
    gegevens: Mapping[str, object]

    @property
    def ouder_bsns(self) -> frozenset[Bsn]:
        """Of the parents who have one: the others get no ref (D1)."""
        return frozenset(ouder.bsn for ouder in self.ouders if ouder.bsn is not None)


def toelaten(persoon: Persoonslijst | None, vandaag: date) -> tuple[Persoonslijst, Geboortedatum]:
    """The person on whom a signal can be issued, with the birth date that is known for certain then (R024).

    Raises:
        DomainError: `persoon-onbekend`, `persoon-overleden`, `geboortedatum-onbekend` or `persoon-te-oud`.
    """
    if persoon is None:
        raise DomainError("persoon-onbekend")
    if persoon.overleden:
        raise DomainError("persoon-overleden")
    if persoon.geboren is None:
        raise DomainError("geboortedatum-onbekend")
    if vandaag >= grensdatum(persoon.geboren):
        raise DomainError("persoon-te-oud")
    return persoon, persoon.geboren
