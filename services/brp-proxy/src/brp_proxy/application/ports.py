"""What the handlers need from outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from brp_proxy.application.commands import Doel
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.persoon import Persoon
from brp_proxy.domain.persoonslijst import Persoonslijst


class Brp(Protocol):
    """The register of persons."""

    async def raadpleeg(self, bsn: Bsn, doel: Doel) -> Persoonslijst | None:
        """The person, none when unknown. Raises TransientError `brp-niet-beschikbaar`."""
        ...


class Signalen(Protocol):
    """The service that owns the signals."""

    async def bestaan(self, persoon_ref: UUID) -> bool | None:
        """Whether a signal exists on this person; none when the answer is not clear. Raises TransientError."""
        ...


class Personen(Protocol):
    """The person store within one transaction, as the API uses it."""

    async def neem_beurt(self, jeugdige: Bsn, ouders: Collection[Bsn]) -> None:
        """Wait for others who store this youth or one of these parents; holds until the end of the transaction."""
        ...

    async def zoek(self, jeugdige: Bsn) -> Persoon | None:
        """The known youth, locked."""
        ...

    async def nieuwe_verwijzing(self, jeugdige: Bsn) -> UUID:
        """A ref for a youth who has none."""
        ...

    async def verwijzingen_van_ouders(self, ouders: Collection[Bsn], vorige: Persoon | None) -> frozenset[UUID]:
        """The refs of these parents, made where there are none; theirs and those of the former parents are locked."""
        ...

    async def bewaar(self, persoon: Persoon, lijst: Persoonslijst, nu: datetime) -> None:
        """Store the person under a new data key, as an unconfirmed lease from `nu`."""
        ...

    async def bladzijde(self, na: UUID | None, aantal: int) -> tuple[Sequence[Persoon], Sequence[UUID]]:
        """Of the next `aantal` youths by ref after `na`: those whose data open, locked, and the refs of the others."""
        ...

    async def laat_ouders_gaan(self, ouders: Collection[UUID], nu: datetime) -> None:
        """Let go of those former parents who have no child here any more."""
        ...


@dataclass(frozen=True)
class Signaalstand:
    """The newest that is known of one signal. `persoon_ref` is none for a signal that is gone."""

    signaal_id: UUID
    persoon_ref: UUID | None
    versie: int


@dataclass(frozen=True)
class Lease:
    """A lease that nothing has confirmed since it was last renewed."""

    persoon_ref: UUID
    vastgelegd_op: datetime


class Levensloop(Protocol):
    """Signals and leases within one transaction, as consumer and jobs use them. Sees no personal data."""

    async def vergrendel(self, personen: Collection[UUID]) -> frozenset[UUID]:
        """Lock those of the youths that are known, and tell which these are."""
        ...

    async def bewaar_standen(self, standen: Collection[Signaalstand], nu: datetime) -> None:
        """Store each where it is newer than what is known (version rule of D4)."""
        ...

    async def bestaande_signalen(self, signalen: Collection[UUID]) -> Mapping[UUID, UUID]:
        """Those of the signals that exist, with the person each is on."""
        ...

    async def bevestig(self, tot: Mapping[UUID, datetime]) -> None:
        """Confirm per person the lease that was given not later than the moment, and place the follow entries."""
        ...

    async def zonder_signaal(self, personen: Collection[UUID]) -> Sequence[UUID]:
        """Those of the persons on whom no signal is known and whose lease is confirmed."""
        ...

    async def met_opzij_gelegd_bericht(self, consumer: str, personen: Collection[UUID]) -> frozenset[UUID]:
        """Those of the persons about whom a message lies among the dead letters."""
        ...

    async def betwijfel(self, personen: Collection[UUID]) -> None:
        """Take the confirmation back, so that signaal is asked."""
        ...

    async def oude_leases(self, voor: datetime, hoogstens: int) -> Sequence[Lease]:
        """Unconfirmed leases from before a moment, in no order."""
        ...

    async def loopt_nog(self, lease: Lease) -> bool:
        """Whether the lease is still the same unconfirmed one on whom no signal is known; locks the person."""
        ...

    async def gevolgd(self, persoon_ref: UUID) -> bool:
        """Whether a follow entry was placed: there has been a signal."""
        ...

    async def vernietig(self, personen: Collection[UUID], reden: str, nu: datetime) -> Mapping[UUID, int]:
        """Destroy the locked persons, and parents who have no other child here; the last version of each person."""
        ...
