"""Topic `match`: client and family matches, owned by match (R080-R084, D4)."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from contracts.base import (
    AccountId,
    Code,
    Event,
    Gemeentecode,
    MatchId,
    Moment,
    OrganisatieId,
    PersoonRef,
    ProfessionalId,
    SignaalId,
    Waarde,
)
from contracts.signaal import Organisatiesoort


class MatchSoort(StrEnum):
    """Closed: no address match (C21)."""

    CLIENT = "client"
    GEZIN = "gezin"


class MatchStatus(StrEnum):
    """An ended match may arise again: same id, higher version (D4)."""

    ACTIEF = "actief"
    BEEINDIGD = "beeindigd"


class MatchReden(StrEnum):
    """Why a match ended. The last two mean that it was wrong, which is told by mail (D18)."""

    SIGNAAL_GEDEACTIVEERD = "signaal-gedeactiveerd"
    EINDDATUM = "einddatum"
    SIGNAAL_VERNIETIGD = "signaal-vernietigd"
    OVERLEDEN = "overleden"
    PERSOON_VERNIETIGD = "persoon-vernietigd"
    ZELFDE_PROFESSIONAL = "zelfde-professional"
    SIGNAAL_VERWIJDERD = "signaal-verwijderd"
    OUDER_GECORRIGEERD = "ouder-gecorrigeerd"


class OorzaakSoort(StrEnum):
    """What made the match (D18)."""

    SIGNAAL_AFGEGEVEN = "signaal-afgegeven"
    PERSOON_GEWIJZIGD = "persoon-gewijzigd"


class Oorzaak(Waarde):
    """The one cause of a match, the same whatever the order of arrival (D18).

    For a SignaalAfgegeven `id` is the signal's id; for a PersoonGewijzigd it is derived from person and version.
    """

    soort: OorzaakSoort
    id: UUID
    op: Moment


class BetrokkenProfessional(Waarde):
    """One side of a match: who signalled, for whom, under which convenant."""

    signaal_id: SignaalId
    persoon_ref: PersoonRef
    professional: ProfessionalId
    account: AccountId
    organisatie: OrganisatieId
    organisatiesoort: Organisatiesoort
    convenant: Code
    gemeente: Gemeentecode


class MatchToestand(Event):
    """State of a match. `signalen`, `personen` (one or two) are sorted; `einddatum` is the earlier one of both signals.

    `regiepartij`: whether one of the two organisations can have the matchregie (R111). `afgegeven_op`: when the two signals
    were issued, in the order of `signalen` and `professionals`. Both are none where nobody said so yet.
    """

    TOPIC = "match"

    match_id: MatchId
    soort: MatchSoort
    signalen: tuple[SignaalId, SignaalId]
    personen: tuple[PersoonRef, ...]
    professionals: tuple[BetrokkenProfessional, BetrokkenProfessional]
    oorzaak: Oorzaak
    einddatum: date
    status: MatchStatus
    reden: MatchReden | None = None
    regiepartij: bool | None = None
    afgegeven_op: tuple[Moment, Moment] | None = None

    @property
    def aggregate_id(self) -> UUID:
        return self.match_id


class MatchOntstaan(MatchToestand):
    """Two active signals belong together."""

    TYPE = "nl.verwijsindex.match.ontstaan.v1"


class MatchBeeindigd(MatchToestand):
    """They no longer do."""

    TYPE = "nl.verwijsindex.match.beeindigd.v1"
