"""What the simulator has been told to do wrong, and what it has counted."""

from collections import Counter
from typing import Final, Literal, get_args

from pydantic import Field

from lokaal.simulatoren.brp.model import Model

Eindpunt = Literal["personen", "volgindicaties", "wijzigingen"]
FoutNaam = Literal["503", "500", "429", "403", "401", "breken", "druppelen", "kapot", "verkeerd-type", "ander", "oud"]
"""A status; or: closes in the middle, sends a few bytes at a time, no JSON, wrong types, somebody else, an older version."""

_EINDPUNTEN: Final[tuple[Eindpunt, ...]] = get_args(Eindpunt)


class Opdracht(Model):
    """A control call: be slow, fail; for the next `aantal` calls, or until told otherwise.

    It is for all endpoints together, or for one; what is told of one wins there.
    """

    vertraging_ms: int = Field(default=0, ge=0, le=600_000)
    """Before the answer; when dripping, before each drop."""
    fout: FoutNaam | None = None
    retry_after: int | None = Field(default=None, ge=0)
    """Seconds, with 429 (1 where nothing is said) and 503."""
    aantal: int | None = Field(default=None, ge=1)
    eindpunt: Eindpunt | None = None


class Besturing:
    """The current orders and the counts of calls (no BSN is kept)."""

    def __init__(self) -> None:
        self.herstel()

    def herstel(self) -> None:
        """Forget orders and counts."""
        self._opdrachten: dict[Eindpunt | None, Opdracht] = {None: Opdracht()}
        self._gevraagd = 0
        self._geleverd = 0
        self._per_status: dict[Eindpunt, Counter[str]] = {eindpunt: Counter() for eindpunt in _EINDPUNTEN}
        self._aanroepen: Counter[Eindpunt] = Counter()

    def draag_op(self, opdracht: Opdracht) -> None:
        """Take an order; an empty one for one endpoint lets it do as the others again."""
        if opdracht.eindpunt and opdracht == Opdracht(eindpunt=opdracht.eindpunt):
            self._opdrachten.pop(opdracht.eindpunt, None)
        else:
            self._opdrachten[opdracht.eindpunt] = opdracht

    def neem(self, eindpunt: Eindpunt) -> Opdracht:
        """Count a call and return what to do wrong with it; an order with a number is used up by this."""
        self._aanroepen[eindpunt] += 1
        van = eindpunt if eindpunt in self._opdrachten else None
        opdracht = self._opdrachten[van]
        if opdracht.aantal == 1:
            self.draag_op(Opdracht(eindpunt=van))
        elif opdracht.aantal is not None:
            self.draag_op(opdracht.model_copy(update={"aantal": opdracht.aantal - 1}))
        return opdracht

    def tel(self, eindpunt: Eindpunt, hoe: str, gevraagd: int = 0, geleverd: int = 0) -> None:
        """Count how a call ended, the BSNs that were asked and the persons that were delivered."""
        self._per_status[eindpunt][hoe] += 1
        self._gevraagd += gevraagd
        self._geleverd += geleverd

    def toestand(self) -> dict[str, object]:
        """Return orders and counts: `aanroepen` is of the persons, `eindpunten` of each of the others."""
        return self._opdrachten[None].model_dump(by_alias=True, exclude={"eindpunt"}) | {
            "aanroepen": self._geteld("personen")
            | {"personenGevraagd": self._gevraagd, "personenGeleverd": self._geleverd},
            "eindpunten": {eindpunt: self._geteld(eindpunt) for eindpunt in _EINDPUNTEN if eindpunt != "personen"},
            "opdrachten": [
                opdracht.model_dump(by_alias=True) for eindpunt, opdracht in self._opdrachten.items() if eindpunt
            ],
        }

    def _geteld(self, eindpunt: Eindpunt) -> dict[str, object]:
        return {"totaal": self._aanroepen[eindpunt], "perStatus": dict(self._per_status[eindpunt])}
