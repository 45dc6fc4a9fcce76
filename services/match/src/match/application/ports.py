"""What the handlers need of the outside."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from contracts.signaal import SignaalReden
from match.domain.match import Match
from match.domain.reden import Zijde
from match.domain.signaal import Betrokkene, Ouderband, PersoonStatus, Signaal, SignaalStatus


class SignaalRij(NamedTuple):
    """A version of a signal, in the order of the table's columns; of a tombstone only id, version and status."""

    signaal_id: UUID
    versie: int
    persoon_ref: UUID | None
    professional: UUID | None
    account: UUID | None
    organisatie: UUID | None
    organisatiesoort: str | None
    convenant: str | None
    gemeente: str | None
    afgegeven_op: datetime | None
    einddatum: date | None
    status: SignaalStatus
    reden: str | None

    @classmethod
    def grafsteen(cls, signaal_id: UUID, versie: int) -> "SignaalRij":
        """What stays of a destroyed signal, so that a late event does not bring it back (D4)."""
        leeg = (None,) * 9
        return cls(signaal_id, versie, *leeg, SignaalStatus.VERNIETIGD, None)

    def betrokkene(self) -> Betrokkene:
        """This signal as a side of a match.

        Raises:
            ValueError: a tombstone, which is none.
        """
        if self.status is SignaalStatus.VERNIETIGD:
            raise ValueError("a tombstone says nothing")
        return Betrokkene._make((self.signaal_id, *self[2:9]))

    def zijde(self, persoon: PersoonStatus | None) -> Zijde:
        """How this side of a match stands, with its youth."""
        return Zijde(self.status, SignaalReden(self.reden) if self.reden else None, self.einddatum, persoon)


class PersoonRij(NamedTuple):
    """A version of a youth, in the order of the table's columns."""

    persoon_ref: UUID
    versie: int
    status: PersoonStatus


class Projectie(Protocol):
    """Signals, youths and parents as last told by their owners."""

    async def ouders(self, jeugdigen: Collection[UUID]) -> list[Ouderband]: ...
    async def kinderen(self, ouders: Collection[UUID]) -> list[Ouderband]: ...
    async def signalen(self, jeugdigen: Collection[UUID]) -> list[Signaal]: ...
    async def signalen_met_id(self, ids: Collection[UUID]) -> Mapping[UUID, SignaalRij]: ...

    async def personen(self, jeugdigen: Collection[UUID]) -> Mapping[UUID, PersoonStatus]:
        """How those of these youths stand who died or were destroyed: of the others nothing has to be known."""
        ...

    async def werk_signalen_bij(self, signalen: Collection[SignaalRij]) -> Mapping[UUID, SignaalRij | None]:
        """Store what is newer; what each of those signals was before, none when it is new."""
        ...

    async def werk_personen_bij(self, personen: Collection[PersoonRij]) -> set[UUID]:
        """Store what is newer; the refs of those youths."""
        ...

    async def vervang_ouders(self, jeugdigen: Collection[UUID], banden: Iterable[Ouderband]) -> None: ...


class Matches(Protocol):
    """Stored matches."""

    async def van(self, signalen: Collection[UUID]) -> list[Match]:
        """Every match that was ever made of these signals."""
        ...

    async def met_id(self, ids: Collection[UUID]) -> list[Match]: ...
    async def verlopen(self, vandaag: date, aantal: int) -> list[Match]: ...

    async def beeindigd_voor(self, signalen: Collection[UUID]) -> list[Match]:
        """The matches of these signals that had ended for another reason than a removed signal, held from now on."""
        ...

    async def ids_na(self, na: UUID | None, aantal: int) -> list[UUID]: ...
    async def bewaar(self, matches: Collection[Match]) -> None: ...
    async def generatie(self) -> int: ...


class Sleutels(Protocol):
    """The locks under which matches change (ADR 0003)."""

    async def jeugdigen(self, refs: Collection[UUID]) -> None: ...
    async def ouders(self, refs: Collection[UUID]) -> None: ...


@dataclass(frozen=True)
class Opslag:
    """The stores of one transaction."""

    sleutels: Sleutels
    projectie: Projectie
    matches: Matches
