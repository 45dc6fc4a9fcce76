"""What signaal knows of a youth: where he lives as far as that may be known, and whether he lives (D6, R023)."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from contracts.base import PersoonRef
from contracts.http.persoonsverwijzingen import Persoonsverwijzing


class PersoonStatus(StrEnum):
    """A youth; a destroyed one is a tombstone that keeps its version only."""

    IN_LEVEN = "in-leven"
    OVERLEDEN = "overleden"
    VERNIETIGD = "vernietigd"


@dataclass(frozen=True)
class Persoonstand:
    """A version of a youth as brp-proxy told it. `woongemeente` is a CBS code, none for secret, unknown and abroad."""

    persoon_ref: PersoonRef
    versie: int
    status: PersoonStatus
    woongemeente: str | None = None
    geheim: bool = False

    @classmethod
    def van_verwijzing(cls, persoon: Persoonsverwijzing) -> Self:
        """The youth as brp-proxy answered. An answer without a version is older than everything that was told."""
        return cls(
            persoon_ref=persoon.persoon_ref,
            versie=persoon.versie or 0,
            status=PersoonStatus.IN_LEVEN,
            woongemeente=persoon.woongemeente,
            geheim=persoon.geheim,
        )

    def beschermd(self, antwoord: Self) -> Self:
        """The youth as known here, who is secret as well when an answer that is not newer says so (D1)."""
        return replace(self, geheim=self.geheim or antwoord.geheim)
