"""What match knows of signals, youths and parents: projections of events that others own."""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class SignaalStatus(StrEnum):
    """Status as in the contract, and the tombstone of a destroyed signal, which keeps its version only."""

    ACTIEF = "actief"
    INACTIEF = "inactief"
    VERWIJDERD = "verwijderd"
    VERNIETIGD = "vernietigd"


class PersoonStatus(StrEnum):
    """A youth; a destroyed one is a tombstone that keeps its version only."""

    IN_LEVEN = "in-leven"
    OVERLEDEN = "overleden"
    VERNIETIGD = "vernietigd"


class Betrokkene(NamedTuple):
    """What a match tells of one of its sides: who signalled, for whom, under which convenant."""

    signaal_id: UUID
    persoon_ref: UUID
    professional: UUID
    account: UUID
    organisatie: UUID
    organisatiesoort: str
    convenant: str
    gemeente: str


class Signaal(NamedTuple):
    """A signal that was not destroyed. `einddatum` is the first day on which it is no longer active (D7)."""

    signaal_id: UUID
    persoon_ref: UUID
    professional: UUID
    account: UUID
    organisatie: UUID
    organisatiesoort: str
    convenant: str
    gemeente: str
    afgegeven_op: datetime
    einddatum: date
    status: SignaalStatus
    persoon: PersoonStatus | None
    """None while the youth lives, or nothing of him has arrived yet: that hides no signal (D4)."""

    def betrokkene(self) -> Betrokkene:
        """This signal as a side of a match."""
        return Betrokkene._make(self[: len(Betrokkene._fields)])


class Ouderband(NamedTuple):
    """A registered parent of a youth (R083), and since which version of the youth it stands there.

    `sinds_gewijzigd`: a PersoonGewijzigd brought it; else it was known from the start and causes no match (D18).
    """

    persoon_ref: UUID
    ouder_ref: UUID
    sinds: datetime
    sinds_versie: int
    sinds_gewijzigd: bool


def telt_mee(signaal: Signaal, vandaag: date) -> bool:
    """Whether the signal is active: the only ones that match (R080, D4)."""
    return (
        signaal.status == SignaalStatus.ACTIEF
        and signaal.einddatum > vandaag
        and (signaal.persoon is None or signaal.persoon == PersoonStatus.IN_LEVEN)
    )
