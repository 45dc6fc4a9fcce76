"""Topic `statistiek`: the class fields of a signal at issue, for figures that lead back to nobody (R255-R273)."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from contracts.base import Event, Gemeentecode, OrganisatieId, SignaalId


class Leeftijdsgroep(StrEnum):
    """Bands of R265."""

    VAN_0_TOT_EN_MET_3 = "0-3"
    VAN_4_TOT_EN_MET_12 = "4-12"
    VAN_13_TOT_EN_MET_17 = "13-17"
    VAN_18_TOT_EN_MET_22 = "18-22"


class Geslacht(StrEnum):
    """As in the BRP."""

    MAN = "M"
    VROUW = "V"
    ONBEKEND = "O"


class Woonklasse(StrEnum):
    """Classes of R264; GEMEENTE goes with a woongemeente of the region."""

    GEMEENTE = "gemeente"
    BUITEN_REGIO = "buiten-regio"
    GEHEIM_OF_ONBEKEND = "geheim-of-onbekend"


class SignaalGeteld(Event):
    """A signal was counted; `week` is an ISO week such as 2026-W47."""

    TYPE = "nl.verwijsindex.statistiek.geteld.v1"
    TOPIC = "statistiek"

    signaal_id: SignaalId
    leeftijdsgroep: Leeftijdsgroep
    geslacht: Geslacht
    woonklasse: Woonklasse
    woongemeente: Gemeentecode | None
    organisatie: OrganisatieId
    week: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-W[0-9]{2}$")]

    @property
    def aggregate_id(self) -> UUID:
        return self.signaal_id
