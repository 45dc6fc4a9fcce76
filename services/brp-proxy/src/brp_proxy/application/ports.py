"""What the handlers need from outside. Repositories act within the unit of work that they are given."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.persoon import Persoon
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.base import OuderRef, PersoonRef, SignaalId
from contracts.http.persoonsverwijzingen import Doel
from platformkit.executor import UnitOfWork


class Brp(Protocol):
    """The register of persons."""

    async def raadpleeg(self, bsn: Bsn, doel: Doel) -> Persoonslijst | None:
        """The person, none when unknown. Raises TransientError `brp-niet-beschikbaar`."""
        ...


class Signalen(Protocol):
    """The service that owns the signals."""

    async def bestaan(self, persoon_ref: PersoonRef) -> bool:
        """Whether a signal exists on this person.

        Raises:
            TransientError: it is away; UnclearError: it gave no clear answer.
        """
        ...


class PersoonRepository(Protocol):
    """The person store, as the API uses it. Order of locks: turns, the youth, parents by ref."""

    async def neem_beurt(self, work: UnitOfWork, jeugdige: Bsn, ouders: Collection[Bsn]) -> None:
        """Wait for others who store this youth or one of these parents; holds until the end of the transaction."""
        ...

    async def zoek(self, work: UnitOfWork, jeugdige: Bsn) -> Persoon | None:
        """The known youth, locked."""
        ...

    async def is_van(self, work: UnitOfWork, persoon_ref: PersoonRef, jeugdige: Bsn) -> bool:
        """Whether that is the ref of the youth with this BSN."""
        ...

    async def nieuwe_verwijzing(self, work: UnitOfWork, jeugdige: Bsn) -> PersoonRef:
        """A ref for a youth who has none."""
        ...

    async def verwijzingen_van_ouders(
        self, work: UnitOfWork, ouders: Collection[Bsn], vorige: Persoon | None
    ) -> frozenset[OuderRef]:
        """The refs of these parents, made where there are none; theirs and those of the former parents are locked."""
        ...

    async def bewaar(self, work: UnitOfWork, persoon: Persoon, lijst: Persoonslijst) -> None:
        """Store the person under a new data key, as an unconfirmed lease from now on."""
        ...

    async def bladzijde(
        self, work: UnitOfWork, na: UUID | None, aantal: int
    ) -> tuple[Sequence[Persoon], Sequence[PersoonRef]]:
        """Of the next `aantal` youths by ref after `na`: those whose data open, locked, and the refs of the others."""
        ...

    async def laat_ouders_gaan(self, work: UnitOfWork, ouders: Collection[OuderRef]) -> None:
        """Let go of those former parents who have no child here any more."""
        ...


@dataclass(frozen=True)
class Signaalstand:
    """The newest that is known of one signal. `persoon_ref` is none for a signal that is gone."""

    signaal_id: SignaalId
    persoon_ref: PersoonRef | None
    versie: int


@dataclass(frozen=True)
class Lease:
    """A lease that nothing has confirmed since it was last renewed."""

    persoon_ref: PersoonRef
    vastgelegd_op: datetime


class LevensloopRepository(Protocol):
    """Signals and leases, as consumer and jobs use them. Sees no personal data.

    A confirmed lease means that a signal on the person is known here, and no more: nobody knows here whether there is
    another one, so without a confirmed lease signaal is asked (D1). Order of locks: youths by ref, then parents by ref.
    """

    async def vergrendel(self, work: UnitOfWork, personen: Collection[PersoonRef]) -> frozenset[PersoonRef]:
        """Lock those of the youths that are known, and tell which these are."""
        ...

    async def bewaar_standen(self, work: UnitOfWork, standen: Collection[Signaalstand]) -> None:
        """Store each where it is newer than what is known (version rule of D4)."""
        ...

    async def bestaande_signalen(self, work: UnitOfWork, signalen: Collection[SignaalId]) -> frozenset[SignaalId]:
        """Those of the signals that exist."""
        ...

    async def herzie(self, work: UnitOfWork, personen: Collection[PersoonRef]) -> frozenset[PersoonRef]:
        """Confirm the leases of those of the locked persons on whom a signal is known, and place their follow entries;
        doubt those of the others. The persons for whom that is new.
        """
        ...

    async def oude_leases(self, work: UnitOfWork, voor: datetime, hoogstens: int) -> Sequence[Lease]:
        """Unconfirmed leases from before a moment, in no order, so that one that stays unclear blocks no others."""
        ...

    async def aantal_oude(self, work: UnitOfWork, voor: datetime) -> int:
        """How many of those leases there are."""
        ...

    async def loopt_nog(self, work: UnitOfWork, lease: Lease) -> bool:
        """Whether the lease is still the same unconfirmed one on whom no signal is known; locks the person."""
        ...

    async def gevolgd(self, work: UnitOfWork, persoon_ref: PersoonRef) -> bool:
        """Whether a follow entry was placed: there has been a signal."""
        ...

    async def vernietig(
        self, work: UnitOfWork, personen: Collection[PersoonRef], reden: str
    ) -> Mapping[PersoonRef, int]:
        """Destroy the locked persons, and parents who have no other child here; the last version of each person."""
        ...
