"""What a professional may see of matches (R120, C16): of the other youth of a family match, nothing."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from contracts.base import AccountId, MatchId, PersoonRef, SignaalId
from contracts.match import MatchSoort
from match.domain.reden import Reden


class Stand(StrEnum):
    """How a match stands today, whether or not the sweep ran (D4)."""

    OPEN = "open"
    BEEINDIGD = "beeindigd"


@dataclass(frozen=True)
class EigenMatch:
    """One match from its own professional's side. `eigen_persoon` is for the audit log only."""

    match_id: MatchId
    soort: MatchSoort
    stand: Stand
    reden: Reden | None
    ontstaan_op: datetime
    beeindigd_op: datetime | None
    einddatum: date
    eigen_signaal: SignaalId
    eigen_persoon: PersoonRef
    partner_account: AccountId
