"""What this service can be asked to do."""

from dataclasses import dataclass
from enum import StrEnum

from brp_proxy.domain.bsn import Bsn


class Doel(StrEnum):
    """What the data are asked for; it decides which fields the BRP is asked (AVG 5(1)(b))."""

    SIGNAAL = "signaal"


@dataclass(frozen=True)
class Aanvrager:
    """Who asks, for the audit record: the calling service, and the person in whose name (D17).

    `dienst` is the subject of the service's token, `namens` the pseudonym of the user it asks for; `rol` is that person's role.
    """

    issuer: str
    dienst: str
    namens: str | None = None
    rol: str = "dienst"

    @property
    def actor(self) -> str:
        """As it stands in the audit record."""
        return f"{self.dienst}/{self.namens}" if self.namens else self.dienst


@dataclass(frozen=True)
class PersoonVastleggen:
    """Look a youth up in the BRP and give a ref to him on lease (D1)."""

    bsn: Bsn
    doel: Doel
    aanvrager: Aanvrager
