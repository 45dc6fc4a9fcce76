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


class NadereReden(StrEnum):
    """Why a match ended where `MatchReden` has no word for it: who read the first contract knows those words only.

    None of these means that the match was wrong. `ouder-gewijzigd`: the parent that joined the two youths went by a later
    event, such as an adoption.
    """

    OUDER_GEWIJZIGD = "ouder-gewijzigd"


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

    An ended match has either a `reden` or a `nadere_reden`, of which a reader may not know the word. `beeindigd_door`: of one
    that was wrong, what showed that, the same for all matches that it ended: the signal that was removed, or, derived from
    person and version, the change of his parents.
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
    nadere_reden: Code | None = None
    beeindigd_door: UUID | None = None

    @property
    def aggregate_id(self) -> UUID:
        return self.match_id


class MatchOntstaan(MatchToestand):
    """Two active signals belong together."""

    TYPE = "nl.verwijsindex.match.ontstaan.v1"


class MatchBeeindigd(MatchToestand):
    """They no longer do."""

    TYPE = "nl.verwijsindex.match.beeindigd.v1"
