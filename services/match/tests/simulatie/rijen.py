"""Rows of the projection and matches, each of ids of its own, for the tests of both databases."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from services.match.tests.berichten import OP

from contracts.match import MatchReden, MatchSoort, MatchStatus, OorzaakSoort
from match.application.ports import SignaalRij
from match.domain.match import Match
from match.domain.signaal import Ouderband, SignaalStatus


def rij(jeugdige: UUID, versie: int = 1, **velden: Any) -> SignaalRij:
    gevuld = SignaalRij(
        uuid4(), versie, jeugdige, uuid4(), uuid4(), uuid4(), "jeugdhulp", "zuid-kennemerland", "0392", OP,
        date(2026, 5, 1), SignaalStatus.ACTIEF, None,
    )  # fmt: skip
    return gevuld._replace(**velden)


def band(kind: UUID, ouder: UUID, versie: int = 1) -> Ouderband:
    return Ouderband(kind, ouder, OP, versie, False)


def een_match(a: UUID, b: UUID, **velden: Any) -> Match:
    laag, hoog = sorted((uuid4(), uuid4()))
    gevuld = Match(
        match_id=uuid4(), soort=MatchSoort.CLIENT if a == b else MatchSoort.GEZIN, signaal_a=laag, signaal_b=hoog,
        persoon_a=a, persoon_b=b, account_a=uuid4(), account_b=uuid4(),
        oorzaak_soort=OorzaakSoort.SIGNAAL_AFGEGEVEN, oorzaak_id=hoog, oorzaak_op=OP, einddatum=date(2026, 5, 1),
        status=MatchStatus.ACTIEF, reden=None, versie=1, ontstaan_op=OP, beeindigd_op=None,
    )  # fmt: skip
    return gevuld._replace(**velden)


def ended(m: Match) -> Match:
    return m._replace(status=MatchStatus.BEEINDIGD, reden=MatchReden.EINDDATUM, beeindigd_op=OP, versie=m.versie + 1)
