"""signaal, for match and notificatie: who professionals are, and how they are reached (R103, R122)."""

from typing import Annotated, Final

from pydantic import Field, PositiveInt, StrictBool

from contracts.base import (
    AccountId,
    Code,
    Gemeentecode,
    Moment,
    OrganisatieId,
    PersoonRef,
    ProfessionalId,
    SignaalId,
)
from contracts.http.base import Antwoord, Call, Vraag
from contracts.rollen import CONTACTGEGEVENS_LEZEN, MELDADRESSEN_LEZEN, SIGNALEN_BESTAAN

_VAN_DE_GEBRUIKER = frozenset({"account-onbekend"})


class Bestaan(Antwoord):
    """Of er een signaal staat op een jeugdige, ook een dat niet meer actief is."""

    bestaat: StrictBool


class EigenAccount(Antwoord):
    """Welk account een gebruiker heeft; allemaal kenmerken zonder betekenis."""

    account_id: AccountId
    professional_id: ProfessionalId
    organisatie: OrganisatieId


class ContactAanleiding(Vraag):
    """Om welk eigen signaal de gebruiker een account mag bereiken; is dat niet meer actief, dan niet meer."""

    account: AccountId
    eigen_signaal: SignaalId


class ContactVraag(Vraag):
    """Van welke accounts de contactgegevens worden gevraagd."""

    accounts: Annotated[list[AccountId], Field(min_length=1, max_length=200)]
    # Empty for one release: who asks without it is believed that the user's own signal is active.
    aanleidingen: Annotated[list[ContactAanleiding], Field(max_length=200)] = []


class Contact(Antwoord):
    """Hoe collega's een professional bereiken. Alleen op het moment van tonen of versturen; nergens bewaard."""

    account_id: AccountId
    naam: Annotated[str, Field(repr=False)]
    organisatie: str
    locatie: str
    email: Annotated[str, Field(repr=False)]
    telefoon: Annotated[str | None, Field(repr=False)]


class Contacten(Antwoord):
    """Contactgegevens van de accounts die bekend zijn."""

    items: list[Contact]


class MeldadressenVanAccounts(Vraag):
    """De adressen van professionals."""

    accounts: Annotated[list[AccountId], Field(min_length=1, max_length=1_000)]


class MeldadresVanCoordinator(Vraag):
    """Het adres van de coordinator van een convenant (R103)."""

    coordinator_van: Code
    # Asked with before, still sent and not looked at for one release: mails wait for no order of updates.
    personen: Annotated[list[PersoonRef], Field(max_length=20, description="Niet meer gebruikt; leeg")] = []


class Meldadres(Antwoord):
    """Een adres; `account` is van wie, `organisatie` waar die werkt; allebei leeg bij een coordinator."""

    account: AccountId | None
    email: Annotated[str, Field(repr=False)]
    organisatie: str | None = None


class Meldadressen(Antwoord):
    """Adressen. Wie ontbreekt, is onbekend."""

    items: list[Meldadres]


class VerhuizingVraag(Vraag):
    """Een verhuizing van een jeugdige, zoals topic persoon die vertelt: wie krijgt daarover bericht?"""

    persoon_ref: PersoonRef
    versie: Annotated[PositiveInt, Field(description="Wie op deze versie of een latere meldde, wist het al")]
    verhuisd_op: Annotated[Moment, Field(description="Moment waarop de verhuizing werd verteld")]
    woongemeente: Annotated[Gemeentecode | None, Field(description="De nieuwe, als die bekend en niet geheim is")]


class Melder(Antwoord):
    """Een account met een actief signaal op de jeugdige, van voor de verhuizing."""

    account: AccountId
    afgegeven_op: Moment


class Verhuisontvangers(Antwoord):
    """Wie bericht krijgt: de melders, en de coordinator van deze convenanten, waar de nieuwe gemeente bij hoort."""

    melders: list[Melder]
    convenanten: list[Code]


BESTAAN: Final = Call(
    service="signaal",
    method="GET",
    path="/personen/{persoonRef}/signalen/bestaan",
    scope=SIGNALEN_BESTAAN,
    answer=Bestaan,
)
EIGEN_ACCOUNT: Final = Call(
    service="signaal",
    method="GET",
    path="/accounts/eigen",
    scope=CONTACTGEGEVENS_LEZEN,
    answer=EigenAccount,
    namens=True,
    refusals=_VAN_DE_GEBRUIKER,
)
CONTACTGEGEVENS: Final = Call(
    service="signaal",
    method="POST",
    path="/contactgegevens",
    scope=CONTACTGEGEVENS_LEZEN,
    answer=Contacten,
    questions=(ContactVraag,),
    namens=True,
    refusals=_VAN_DE_GEBRUIKER,
)
MELDADRESSEN: Final = Call(
    service="signaal",
    method="POST",
    path="/meldadressen",
    scope=MELDADRESSEN_LEZEN,
    answer=Meldadressen,
    questions=(MeldadressenVanAccounts, MeldadresVanCoordinator),
)
VERHUISONTVANGERS: Final = Call(
    service="signaal",
    method="POST",
    path="/verhuizingen/ontvangers",
    scope=MELDADRESSEN_LEZEN,
    answer=Verhuisontvangers,
    questions=(VerhuizingVraag,),
)
