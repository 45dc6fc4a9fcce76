"""brp-proxy, for signaal and inzage: what is stored of a youth, by reference (R012, R032)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from contracts.base import Gemeentecode, PersoonRef
from contracts.http.base import Antwoord, Call, Vraag
from contracts.rollen import KAARTGEGEVENS_LEZEN, KLASSEGEGEVENS_LEZEN
from contracts.statistiek import Geslacht, Leeftijdsgroep

HOOGSTENS: Final = 100

_Woongemeente = Annotated[
    Gemeentecode | None, Field(description="CBS-code; leeg bij een geheim of onbekend adres en in het buitenland")
]
_Onleesbaar = Annotated[
    list[PersoonRef], Field(description="Bekend, maar nu niet te lezen: probeer deze later opnieuw")
]


class PersoonsgegevensVraag(Vraag):
    """Van welke jeugdigen de gegevens worden gevraagd."""

    personen: Annotated[list[PersoonRef], Field(min_length=1, max_length=HOOGSTENS)]


class Leeftijdsband(StrEnum):
    """Wie er over gegevens gaat: bij een onvolledige geboortedatum begint 12 zo vroeg en 16 zo laat als kan (D7)."""

    ONDER_12 = "onder-12"
    VAN_12_TOT_EN_MET_15 = "12-15"
    VANAF_16 = "vanaf-16"


class Adres(Antwoord):
    """Een adres, of een plaats die geen adres heeft, zoals het op een kaart staat."""

    regels: Annotated[list[str], Field(repr=False, description="Van straat tot land; nooit leeg")]
    briefadres: bool = Field(description="Hier krijgt de jeugdige post; waar hij woont is niet bekend")
    in_onderzoek: bool = Field(description="De gemeente onderzoekt of dit klopt")


class Kaartgegevens(Antwoord):
    """Wat er op de kaart van een jeugdige staat, zoals het voor het laatst uit de BRP is overgenomen."""

    persoon_ref: PersoonRef
    naam: Annotated[str | None, Field(repr=False)]
    geboortedatum: Annotated[
        str | None,
        StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}){0,2}$"),
        Field(repr=False, description="Zo volledig als de BRP hem kent: 2016-02-02, 2016-02 of 2016"),
    ]
    geslacht: Geslacht
    adres: Adres | None = Field(description="Leeg als het geheim of onbekend is")
    woongemeente: _Woongemeente
    geheim: bool = Field(description="De persoonsgegevens zijn geheim")
    leeftijdsband: Leeftijdsband | None = Field(description="Leeg als de geboortedatum geheel onbekend is")
    peildatum: date = Field(description="De dag waarop deze gegevens uit de BRP zijn overgenomen")


class KaartgegevensAntwoord(Antwoord):
    """Kaartgegevens. Wie ontbreekt, is onbekend."""

    items: list[Kaartgegevens]
    tijdelijk_onleesbaar: _Onleesbaar


class Klassegegevens(Antwoord):
    """Wat het begin en het einde van een signaal en de telling ervan bepaalt."""

    persoon_ref: PersoonRef
    versie: int = Field(ge=1, description="De versie van de persoon, als in de gebeurtenissen over hem")
    uiterlijk: date | None = Field(
        description="De 23e verjaardag: vanaf deze dag kan er geen signaal meer zijn; leeg als de geboortedatum onbekend is"
    )
    woongemeente: _Woongemeente
    geheim: bool = Field(description="De persoonsgegevens zijn geheim")
    leeftijdsgroep: Leeftijdsgroep | None
    geslacht: Geslacht


class KlassegegevensAntwoord(Antwoord):
    """Klassegegevens. Wie ontbreekt, is onbekend."""

    items: list[Klassegegevens]
    tijdelijk_onleesbaar: _Onleesbaar


KAARTGEGEVENS: Final = Call(
    service="brp-proxy",
    method="POST",
    path="/kaartgegevens",
    scope=KAARTGEGEVENS_LEZEN,
    answer=KaartgegevensAntwoord,
    questions=(PersoonsgegevensVraag,),
    namens=True,
)
KLASSEGEGEVENS: Final = Call(
    service="brp-proxy",
    method="POST",
    path="/klassegegevens",
    scope=KLASSEGEGEVENS_LEZEN,
    answer=KlassegegevensAntwoord,
    questions=(PersoonsgegevensVraag,),
)
