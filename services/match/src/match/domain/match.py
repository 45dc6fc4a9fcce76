"""A match and its life: it arises, changes with its signals, ends, and may arise again (D4, O14)."""

from datetime import date, datetime
from typing import NamedTuple, Self
from uuid import UUID

from contracts.base import AccountId, MatchId, PersoonRef, SignaalId
from contracts.match import MatchReden, MatchSoort, MatchStatus, OorzaakSoort
from match.domain.paren import Paar
from match.domain.reden import Reden

_VOLGNUMMER_BITS = 32


class Match(NamedTuple):
    """A match as stored. What its sides say stands in their signals.

    `versie` has the generation of the database in its high bits, so that after a restore it only rises.
    """

    match_id: MatchId
    soort: MatchSoort
    signaal_a: SignaalId
    signaal_b: SignaalId
    persoon_a: PersoonRef
    persoon_b: PersoonRef
    account_a: AccountId
    account_b: AccountId
    oorzaak_soort: OorzaakSoort
    oorzaak_id: UUID
    oorzaak_op: datetime
    einddatum: date
    status: MatchStatus
    reden: Reden | None
    versie: int
    ontstaan_op: datetime
    beeindigd_op: datetime | None
    beeindigd_door: UUID | None
    """Of one that was wrong, what showed that."""

    @classmethod
    def ontstaan(cls, paar: Paar, generatie: int, nu: datetime) -> Self:
        """A match that was not there before."""
        return cls._actief(paar, _volgende(0, generatie), nu)

    def herzien(self, paar: Paar, generatie: int, nu: datetime, *, anders: bool = False) -> Self | None:
        """The match after its signals or their cause changed, or again active after an end; None when nothing did.

        `anders`: a side says something else of itself than was told.
        """
        actief = self.status == MatchStatus.ACTIEF
        nieuw = self._actief(paar, self.versie, self.ontstaan_op if actief else nu)
        if nieuw == self and not anders:
            return None
        return nieuw._replace(versie=_volgende(self.versie, generatie))

    def beeindigd(self, reden: Reden, door: UUID | None, generatie: int, nu: datetime) -> Self:
        """The match after its end (O14)."""
        return self._replace(
            status=MatchStatus.BEEINDIGD,
            reden=reden,
            beeindigd_door=door,
            versie=_volgende(self.versie, generatie),
            beeindigd_op=nu,
        )

    def ten_onrechte(self, verwijderd: SignaalId, generatie: int) -> Self:
        """The match that had ended and turns out never to have been right: it ended when it did (D18)."""
        return self._replace(
            reden=MatchReden.SIGNAAL_VERWIJDERD,
            beeindigd_door=verwijderd,
            versie=_volgende(self.versie, generatie),
        )

    def in_generatie(self, generatie: int) -> Self | None:
        """The match as the first version of its own in this generation; None when it has one already."""
        if self.versie >> _VOLGNUMMER_BITS >= generatie:
            return None
        return self._replace(versie=_volgende(self.versie, generatie))

    @classmethod
    def _actief(cls, paar: Paar, versie: int, ontstaan_op: datetime) -> Self:
        """What two signals and their cause say of their match."""
        a, b, oorzaak = paar.a, paar.b, paar.oorzaak
        return cls(
            match_id=paar.match_id,
            soort=paar.soort,
            signaal_a=a.signaal_id,
            signaal_b=b.signaal_id,
            persoon_a=a.persoon_ref,
            persoon_b=b.persoon_ref,
            account_a=a.account,
            account_b=b.account,
            oorzaak_soort=oorzaak.soort,
            oorzaak_id=oorzaak.id,
            oorzaak_op=oorzaak.op,
            einddatum=paar.einddatum,
            status=MatchStatus.ACTIEF,
            reden=None,
            versie=versie,
            ontstaan_op=ontstaan_op,
            beeindigd_op=None,
            beeindigd_door=None,
        )


def _volgende(versie: int, generatie: int) -> int:
    """The next version: one higher, and above everything told in an earlier generation."""
    return max(versie, generatie << _VOLGNUMMER_BITS) + 1
