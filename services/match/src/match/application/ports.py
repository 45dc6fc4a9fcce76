"""What the handlers need of the outside."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from match.domain.match import Match
from match.domain.reden import Zijde
from match.domain.signaal import Ouderband, PersoonStatus, Signaal, SignaalStatus


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
    async def werk_signalen_bij(self, signalen: Collection[SignaalRij]) -> set[UUID]: ...
    async def werk_personen_bij(self, personen: Collection[PersoonRij]) -> set[UUID]: ...
    async def vervang_ouders(self, jeugdigen: Collection[UUID], banden: Iterable[Ouderband]) -> None: ...
    async def zijden(self, matches: Collection[Match]) -> Mapping[UUID, tuple[Zijde, Zijde]]: ...


class Matches(Protocol):
    """Stored matches."""

    async def actieve(self, jeugdigen: Collection[UUID]) -> list[Match]: ...
    async def met_id(self, ids: Collection[UUID]) -> list[Match]: ...
    async def verlopen(self, vandaag: date, aantal: int) -> set[UUID]: ...
    async def bewaar(self, matches: Collection[Match]) -> None: ...
    async def generatie(self) -> int: ...


class Sleutels(Protocol):
    """The locks under which matches change (ADR 0003)."""

    async def jeugdigen(self, refs: Collection[UUID]) -> None: ...
    async def ouders(self, refs: Collection[UUID]) -> None: ...
