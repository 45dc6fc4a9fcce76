"""What the simulator has been told to do wrong, and what it has counted."""

from collections import Counter
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

FoutNaam = Literal["503", "500", "429", "403", "401", "breken"]


class Opdracht(BaseModel):
    """A control call: be slow, fail; for the next `aantal` calls, or until told otherwise."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)

    vertraging_ms: int = Field(default=0, ge=0, le=600_000)
    fout: FoutNaam | None = None
    aantal: int | None = Field(default=None, ge=1)


class Besturing:
    """The current order and the counts of calls (no BSN is kept)."""

    def __init__(self) -> None:
        self.herstel()

    def herstel(self) -> None:
        """Forget order and counts."""
        self.opdracht = Opdracht()
        self._aanroepen = 0
        self._gevraagd = 0
        self._geleverd = 0
        self._per_status: Counter[str] = Counter()

    def neem(self) -> Opdracht:
        """Count a call and return what to do wrong with it; an order with a number is used up by this."""
        self._aanroepen += 1
        opdracht = self.opdracht
        if opdracht.aantal == 1:
            self.opdracht = Opdracht()
        elif opdracht.aantal is not None:
            self.opdracht = opdracht.model_copy(update={"aantal": opdracht.aantal - 1})
        return opdracht

    def tel(self, hoe: str, gevraagd: int = 0, geleverd: int = 0) -> None:
        """Count how a call ended, the BSNs that were asked and the persons that were delivered."""
        self._per_status[hoe] += 1
        self._gevraagd += gevraagd
        self._geleverd += geleverd

    def toestand(self) -> dict[str, object]:
        """Return order and counts."""
        return self.opdracht.model_dump(by_alias=True) | {
            "aanroepen": {
                "totaal": self._aanroepen,
                "perStatus": dict(self._per_status),
                "personenGevraagd": self._gevraagd,
                "personenGeleverd": self._geleverd,
            }
        }
