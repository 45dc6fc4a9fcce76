"""Rows of the projection and matches, each of ids of its own, for the tests of both databases."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from services.match.tests.berichten import OP

from contracts.base import AccountId, MatchId, OrganisatieId, OuderRef, PersoonRef, ProfessionalId, SignaalId
from contracts.match import MatchReden, MatchSoort, MatchStatus, OorzaakSoort
from match.domain.match import Match
from match.domain.signaal import Ouderband, Signaalstand, SignaalStatus


def rij(jeugdige: UUID, versie: int = 1, **velden: Any) -> Signaalstand:
    gevuld = Signaalstand(
        signaal_id=SignaalId(uuid4()), versie=versie, status=SignaalStatus.ACTIEF, persoon_ref=PersoonRef(jeugdige),
        professional=ProfessionalId(uuid4()), account=AccountId(uuid4()), organisatie=OrganisatieId(uuid4()),
        organisatiesoort="jeugdhulp", convenant="zuid-kennemerland", gemeente="0392", afgegeven_op=OP,
        einddatum=date(2026, 5, 1),
    )  # fmt: skip
    return gevuld._replace(**velden)


def band(kind: UUID, ouder: UUID, versie: int = 1) -> Ouderband:
    return Ouderband(PersoonRef(kind), OuderRef(ouder), OP, versie, False)


def een_match(a: UUID, b: UUID, **velden: Any) -> Match:
    laag, hoog = sorted((uuid4(), uuid4()))
    gevuld = Match(
        match_id=MatchId(uuid4()), soort=MatchSoort.CLIENT if a == b else MatchSoort.GEZIN,
        signaal_a=SignaalId(laag), signaal_b=SignaalId(hoog),
        persoon_a=PersoonRef(a), persoon_b=PersoonRef(b), account_a=AccountId(uuid4()), account_b=AccountId(uuid4()),
        oorzaak_soort=OorzaakSoort.SIGNAAL_AFGEGEVEN, oorzaak_id=hoog, oorzaak_op=OP, einddatum=date(2026, 5, 1),
        status=MatchStatus.ACTIEF, reden=None, versie=1, ontstaan_op=OP, beeindigd_op=None, beeindigd_door=None,
    )  # fmt: skip
    return gevuld._replace(**velden)


def ended(m: Match) -> Match:
    return m._replace(status=MatchStatus.BEEINDIGD, reden=MatchReden.EINDDATUM, beeindigd_op=OP, versie=m.versie + 1)
