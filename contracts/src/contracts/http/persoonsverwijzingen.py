"""brp-proxy, for signaal: from a BSN to a reference (D1)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, PositiveInt, StrictBool

from contracts.base import Gemeentecode, Moment, PersoonRef
from contracts.http.base import Antwoord, Call, Vraag
from contracts.rollen import PERSONEN_VASTLEGGEN
from contracts.statistiek import Geslacht, Leeftijdsgroep


class Doel(StrEnum):
    """What a person's data are asked for; it decides which fields the BRP is asked (AVG 5(1)(b))."""

    SIGNAAL = "signaal"


_Bsn = Annotated[
    str,
    Field(
        repr=False, description="Burgerservicenummer", json_schema_extra={"pattern": "^[0-9]{9}$", "writeOnly": True}
    ),
]


class PersoonsverwijzingVraag(Vraag):
    """Over wie een signaal gaat, en waarvoor de gegevens nodig zijn."""

    bsn: _Bsn
    doel: Doel = Field(description="Doel van de verwerking")


class Persoonsverwijzing(Antwoord):
    """De verwijzing naar de jeugdige, en wat de aanvrager van hem mag weten."""

    persoon_ref: PersoonRef = Field(description="Verwijzing zonder betekenis")
    vastgelegd_op: Moment = Field(description="Moment waarop de verwijzing is uitgegeven of vernieuwd")
    uiterlijk: date = Field(description="De 23e verjaardag: vanaf deze dag kan er geen signaal meer zijn")
    woongemeente: Gemeentecode | None = Field(
        description="CBS-code; leeg bij een geheim of onbekend adres en in het buitenland"
    )
    geheim: bool = Field(description="De persoonsgegevens zijn geheim")
    leeftijdsgroep: Leeftijdsgroep
    geslacht: Geslacht
    versie: Annotated[
        PositiveInt | None,
        Field(description="Versie van de jeugdige in topic persoon: wat daar ouder is, is oud nieuws"),
    ] = None


class VergelijkingVraag(Vraag):
    """Een BSN, en een verwijzing die de aanvrager al heeft."""

    bsn: _Bsn
    persoon_ref: PersoonRef


class Vergelijking(Antwoord):
    """Of de verwijzing die van de jeugdige met dit BSN is. Meer niet: ook niet of dit BSN hier bekend is."""

    zelfde: StrictBool


VASTLEGGEN: Final = Call(
    service="brp-proxy",
    method="POST",
    path="/persoonsverwijzingen",
    scope=PERSONEN_VASTLEGGEN,
    answer=Persoonsverwijzing,
    questions=(PersoonsverwijzingVraag,),
    namens=True,
    refusals=frozenset(
        {
            "bsn-ongeldig",
            "persoon-onbekend",
            "persoon-overleden",
            "persoon-te-oud",
            "geboortedatum-onbekend",
            "bsn-niet-uniek",
        }
    ),
)
VERGELIJKEN: Final = Call(
    service="brp-proxy",
    method="POST",
    path="/persoonsverwijzingen/vergelijkingen",
    scope=PERSONEN_VASTLEGGEN,
    answer=Vergelijking,
    questions=(VergelijkingVraag,),
    namens=True,
)
