"""match, for notificatie: whether somebody is involved who can have the matchregie (R111, R112)."""

from typing import Annotated, Final

from pydantic import Field, StrictBool

from contracts.base import PersoonRef
from contracts.http.base import Antwoord, Call, Vraag
from contracts.rollen import REGIE_LEZEN


class RegiepartijVraag(Vraag):
    """Over welke jeugdigen het gaat: die van een match."""

    personen: Annotated[list[PersoonRef], Field(min_length=1, max_length=20)]


class Regiepartij(Antwoord):
    """Of een organisatie die de matchregie kan hebben een actief signaal heeft op een van deze jeugdigen."""

    betrokken: StrictBool


REGIEPARTIJ: Final = Call(
    service="match",
    method="POST",
    path="/regiepartijen",
    scope=REGIE_LEZEN,
    answer=Regiepartij,
    questions=(RegiepartijVraag,),
)
