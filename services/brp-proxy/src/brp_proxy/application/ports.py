"""What the handlers need from outside. Repositories act within the unit of work that they are given."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.doel import Verwerkingsdoel
from brp_proxy.domain.kaart import Kaart
from brp_proxy.domain.persoon import Persoon
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.base import OuderRef, PersoonRef, SignaalId
from platformkit.executor import UnitOfWork


class Brp(Protocol):
    """The register of persons."""

    async def raadpleeg(self, bsn: Bsn, doel: Verwerkingsdoel) -> Persoonslijst | None:
        """The person, none when unknown.

        Raises:
            DomainError: `bsn-niet-uniek`; TransientError: `brp-niet-beschikbaar`; UnclearError: that, perhaps only of him.
        """
        ...


class Brpvolger(Brp, Protocol):
    """The register of persons, for who reads many."""

    async def raadpleeg_samen(self, bsns: Collection[Bsn], doel: Verwerkingsdoel) -> Mapping[Bsn, Persoonslijst | None]:
        """At most 20 persons in one question, none where unknown; who is absent is to be asked for by himself.

        Raises:
            TransientError: `brp-niet-beschikbaar`.
        """
        ...


class Volgen(Protocol):
    """Who tells of changes in the register of persons, and only of whom we follow.

    Raises TransientError `brp-niet-beschikbaar`: away, failing, or refusing us.
    """

    async def plaats(self, bsn: Bsn) -> None:
        """Follow somebody; who is followed already stays so.

        Raises:
            DomainError: `volgindicatie-geweigerd`, this person cannot be followed.
        """
        ...

    async def beeindig(self, bsn: Bsn, vandaag: date) -> None:
        """Follow somebody no more; who is not followed stays so.

        Raises:
            DomainError: `volgindicatie-geweigerd`.
        """
        ...

    async def gevolgd(self) -> frozenset[Bsn]:
        """Whom we follow."""
        ...

    async def gewijzigd(self, vanaf: date | None) -> frozenset[Bsn]:
        """Who changed on that day or later; without a day, since he is followed."""
        ...


class Signalen(Protocol):
    """The service that owns the signals."""

    async def bestaan(self, persoon_ref: PersoonRef) -> bool:
        """Whether a signal exists on this person.

        Raises:
            TransientError: it is away; UnclearError: it gave no clear answer.
        """
        ...


@dataclass(frozen=True, repr=False)
class Sleutelrecord:
    """What stands in the key database of a person: the index of his BSN, his data key and his names, sealed, the versions of
    both kinds of key, and when it was written by whoever stored him.
    """

    persoon_ref: PersoonRef
    bsn_index: bytes
    indexversie: int
    sleutel: bytes
    namen: bytes
    kekversie: int
    geschreven_op: datetime


@dataclass(frozen=True, repr=False)
class Plek:
    """Where a youth is stored, known or not: under which ref, and with which key.

    Args:
        vorige: he as he stands there; none when there is nobody.
        datasleutel: his own, or a new one.
        record: what stands in the key database for his BSN; none when nothing does.
        einde: why the ref of that record ends, when it is not his any more.
        ouders: refs of his parents that are known with the key, and may be known nowhere else.
    """

    persoon_ref: PersoonRef
    vorige: Persoon | None
    datasleutel: bytes
    record: Sleutelrecord | None
    einde: str
    ouders: Mapping[Bsn, OuderRef]


class PersoonRepository(Protocol):
    """The person store, as the API and jobs use it. Order of locks: turns, the youth, parents by ref.

    The data keys stand in a database of their own. Writing a key is committed before the caller's transaction: a key
    without a person is found (`SleutelsNalopen`), a person without a key could not be read by anybody.
    """

    async def neem_beurt(self, work: UnitOfWork, jeugdige: Bsn, ouders: Collection[Bsn]) -> None:
        """Wait for others who store this youth or one of these parents; holds until the end of the transaction."""
        ...

    async def zoek(self, work: UnitOfWork, lijst: Persoonslijst) -> Plek:
        """Where this youth is stored or is to be; locked when he is known, and asked in the same way when he is not (D10).

        Data that do not open, or whose key is gone, count as those of `lijst`: what nobody can read is no news.
        """
        ...

    async def is_van(self, work: UnitOfWork, persoon_ref: PersoonRef, jeugdige: Bsn) -> bool:
        """Whether that is the ref of the youth with this BSN."""
        ...

    async def verwijzingen_van_ouders(
        self, work: UnitOfWork, ouders: Collection[Bsn], plek: Plek
    ) -> Mapping[Bsn, OuderRef]:
        """The refs of these parents, new ones where there are none; theirs and those of the former parents are locked."""
        ...

    async def bewaar(
        self,
        work: UnitOfWork,
        plek: Plek,
        persoon: Persoon,
        lijst: Persoonslijst,
        ouders: Mapping[Bsn, OuderRef],
        *,
        lease: bool,
    ) -> None:
        """Store the person and his key, which is committed at once; with `lease` as an unconfirmed one from now on.

        Raises:
            TransientError: his key changed since it was looked for; nothing was written.
        """
        ...

    async def lees(
        self, work: UnitOfWork, refs: Collection[PersoonRef]
    ) -> tuple[Sequence[Kaart], Collection[PersoonRef]]:
        """What was stored last of those of these youths who are known, and the refs of whom it cannot be read now."""
        ...

    async def bsn_van(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> Mapping[PersoonRef, Bsn]:
        """The BSNs of these youths, for asking the BRP again; whose names do not open is absent."""
        ...

    async def ouders_van(self, work: UnitOfWork, persoon_ref: PersoonRef) -> Mapping[OuderRef, Bsn]:
        """The BSNs of the parents of this youth as he was stored last; nobody's when these names do not open."""
        ...

    async def refs_van(self, work: UnitOfWork, bsns: Collection[Bsn]) -> Mapping[Bsn, PersoonRef]:
        """The refs of those of the youths who are known."""
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
    """A lease that nothing has confirmed since it was last renewed, or whose person is to be read again (`herlezen`)."""

    persoon_ref: PersoonRef
    vastgelegd_op: datetime
    herlezen: bool = False


class LevensloopRepository(Protocol):
    """Signals, leases and ends, as consumer and jobs use them. Sees no personal data.

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
        """Unconfirmed leases and persons to be read again from before a moment, in no order, so that one that stays
        unclear blocks no others.
        """
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

    async def markeer(self, work: UnitOfWork, personen: Collection[PersoonRef], reden: str) -> None:
        """Mark the locked persons: from the commit on they are unknown to everybody, and nothing undoes it."""
        ...

    async def gemarkeerd(self, work: UnitOfWork, hoogstens: int) -> Mapping[PersoonRef, str]:
        """So many of the marked persons, with the reason of each."""
        ...

    async def verwijder(self, work: UnitOfWork, personen: Collection[PersoonRef]) -> Mapping[PersoonRef, int]:
        """Remove those of the marked persons that are still there, whose keys are gone, and parents who have no other
        child here; the last version of each person.
        """
        ...


@dataclass(frozen=True)
class Verteld:
    """The last that was told of a person: his version then, as whom he was told, and why he was destroyed."""

    persoon_ref: PersoonRef
    versie: int
    persoon: Persoon | None
    einde: str | None


class HerstelRepository(Protocol):
    """The base, where it does not know what the key database or the others know (D1)."""

    async def neem_op(self, work: UnitOfWork, records: Collection[Sleutelrecord]) -> int:
        """Take in those of these persons who have no row here and were not destroyed: as unconfirmed leases without data,
        whom nobody was told of and who are to be read. How many there were.
        """
        ...

    async def haal_in(
        self, work: UnitOfWork, verteld: Sequence[Verteld], records: Mapping[UUID, Sleutelrecord]
    ) -> frozenset[PersoonRef]:
        """Bring those who are older here than was told to what was told, and tell who they are. Other data than others may
        know are older still: they are thrown away, and he is to be read again.
        """
        ...

    async def grootboek(self, work: UnitOfWork, na: UUID, aantal: int) -> Mapping[PersoonRef, str]:
        """The next so many youths of the ledger after a ref, with the reason of each."""
        ...

    async def onbekend(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> frozenset[PersoonRef]:
        """Those who neither stand here nor were destroyed."""
        ...

    async def bladzijde(self, work: UnitOfWork, na: UUID, aantal: int) -> Sequence[PersoonRef]:
        """The next so many youths after a ref."""
        ...

    async def boek(self, work: UnitOfWork, redenen: Mapping[PersoonRef, str]) -> None:
        """Enter them in the ledger, where they are not in it."""
        ...


class SleutelRepository(Protocol):
    """The key database. Each call is a transaction of its own."""

    async def van(self, refs: Collection[UUID]) -> Mapping[UUID, Sleutelrecord]:
        """The records of these persons."""
        ...

    async def na_te_lopen(self, voor: datetime, hoogstens: int) -> Sequence[Sleutelrecord]:
        """So many of those written before a moment of which nobody saw since that they have a row in the base."""
        ...

    async def bladzijde(self, na: UUID, aantal: int) -> Sequence[Sleutelrecord]:
        """The next so many records after a ref."""
        ...

    async def nagelopen(self, records: Collection[Sleutelrecord]) -> None:
        """They have a row, unless they were written again since."""
        ...

    async def grootboek(self, na: UUID, aantal: int) -> Mapping[PersoonRef, str]:
        """The next so many persons of the ledger after a ref, with the reason of each."""
        ...

    async def vernietig(self, redenen: Mapping[PersoonRef, str], nu: datetime) -> None:
        """Destroy the keys and the sealed names of these persons and enter them in the ledger there; may be repeated."""
        ...


@dataclass(frozen=True)
class Volgstand:
    """How far following is: changes up to a day are dealt with, the last night that was gone through to its end, and the
    person after whom this night's turn goes on (none: it has not begun, or is over).
    """

    gewijzigd_tot: date | None = None
    nagelopen_op: date | None = None
    nagelopen_na: UUID | None = None


class VolgRepository(Protocol):
    """Whom we follow, by ref. Who was marked is not followed any more."""

    async def te_plaatsen(self, work: UnitOfWork, hoogstens: int) -> Sequence[PersoonRef]:
        """So many of those whose entry does not stand at the BRP."""
        ...

    async def geplaatst(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> None:
        """Their entries stand there."""
        ...

    async def plaats_opnieuw(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> None:
        """Their entries do not stand there, against what was known."""
        ...

    async def bladzijde(self, work: UnitOfWork, na: UUID | None, aantal: int) -> Sequence[PersoonRef]:
        """The next `aantal` whom we follow, by ref after `na`."""
        ...

    async def geplaatste(
        self, work: UnitOfWork, na: UUID | None, aantal: int, *, voor: datetime
    ) -> Sequence[PersoonRef]:
        """The next `aantal` whose entry was placed before a moment, by ref after `na`."""
        ...

    async def gevolgd(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> Sequence[PersoonRef]:
        """Those of these persons who have an entry, also when they were marked."""
        ...

    async def stand(self, work: UnitOfWork) -> Volgstand:
        """How far following is; whoever else looks waits until the end of the transaction."""
        ...

    async def bewaar_stand(self, work: UnitOfWork, stand: Volgstand) -> None:
        """Keep it."""
        ...
