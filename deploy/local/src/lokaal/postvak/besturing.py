"""What the mail server has been told to do wrong."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

FoutNaam = Literal["451", "550", "breken", "traag", "breken-na-data"]
TRAAG_MS = 5_000


class Opdracht(BaseModel):
    """A control call, for the next `aantal` mails or until told otherwise.

    `451` and `550` refuse the recipient, `breken` cuts the connection before the mail is kept, `breken-na-data` keeps
    the mail and cuts before saying so (the sender cannot know), `traag` only waits. `vertragingMs` is waited before the
    answer to a whole mail, with each of them and alone.
    """

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)

    fout: FoutNaam | None = None
    aantal: int | None = Field(default=None, ge=1)
    vertraging_ms: int = Field(default=0, ge=0, le=600_000)

    @property
    def wacht(self) -> float:
        """How long to wait before answering, in seconds."""
        return (self.vertraging_ms or (TRAAG_MS if self.fout == "traag" else 0)) / 1000


class Besturing:
    """The current order, and how many mails came in under it."""

    def __init__(self) -> None:
        self.opdracht = Opdracht()
        self._aangeboden = 0
        self._aangenomen = 0

    def neem(self) -> Opdracht:
        """Count a mail and return what to do wrong with it; an order with a number is used up by this."""
        self._aangeboden += 1
        opdracht = self.opdracht
        if opdracht.aantal == 1:
            self.opdracht = Opdracht()
        elif opdracht.aantal is not None:
            self.opdracht = opdracht.model_copy(update={"aantal": opdracht.aantal - 1})
        return opdracht

    def aangenomen(self) -> None:
        """Count a mail that was kept."""
        self._aangenomen += 1

    def toestand(self) -> dict[str, object]:
        """Return order and counts."""
        tellers = {"aangeboden": self._aangeboden, "aangenomen": self._aangenomen}
        return self.opdracht.model_dump(by_alias=True) | {"berichten": tellers}
