"""What the repository of own matches gives of each side of a match, and in which order."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from services.match.tests.berichten import OP
from services.match.tests.simulatie.rijen import een_match

from contracts.base import AccountId, MatchId
from contracts.match import MatchReden, MatchSoort, MatchStatus
from match.adapters.db.eigen_matches import PostgresEigenMatchRepository
from match.application.queries import EigenMatch, Stand
from match.bootstrap import OPSLAG
from match.domain.match import Match
from platformkit.clock import FixedClock
from platformkit.db.context import DatabaseContext
from platformkit.db.database import Database
from platformkit.executor import Executor

LANG_GELEDEN = date(2025, 1, 1)
CODES = ("soort", "stand", "reden")
EIGEN = PostgresEigenMatchRepository()


@pytest.fixture
def als_api(api: Database, klok: FixedClock) -> Executor:
    return Executor(api, klok, "urn:test")


def over(match: Match) -> Match:
    return match._replace(status=MatchStatus.BEEINDIGD, reden=MatchReden.OVERLEDEN, beeindigd_op=OP)


@pytest.mark.regel("R082", "C16")
@pytest.mark.parametrize("af", [False, True], ids=["open", "ended"])
async def test_each_side_gets_what_is_its_own(executor: Executor, als_api: Executor, af: bool) -> None:
    een = een_match(uuid4(), uuid4())
    een = over(een) if af else een
    await executor.execute(OPSLAG.matches.bewaar, None, [een])
    kanten = [
        (een.account_a, een.signaal_a, een.persoon_a, een.account_b),
        (een.account_b, een.signaal_b, een.persoon_b, een.account_a),
    ]
    for account, signaal, persoon, partner in kanten:
        gevonden = await als_api.execute(
            EIGEN.een, DatabaseContext(account, "professional"), account, een.match_id, voorbij_na=LANG_GELEDEN
        )
        verwacht = EigenMatch(
            match_id=een.match_id,
            soort=MatchSoort.GEZIN,
            stand=Stand.BEEINDIGD if af else Stand.OPEN,
            reden=MatchReden.OVERLEDEN if af else None,
            ontstaan_op=een.ontstaan_op,
            beeindigd_op=een.beeindigd_op,
            einddatum=een.einddatum,
            eigen_signaal=signaal,
            eigen_persoon=persoon,
            partner_account=partner,
        )
        assert gevonden == verwacht
        # A code that is only text is equal to its name, and is no `Stand.OPEN`.
        assert [type(getattr(gevonden, code)) for code in CODES] == [type(getattr(verwacht, code)) for code in CODES]


@pytest.mark.regel("R120")
async def test_every_page_of_every_kind_goes_on_where_the_one_before_it_ended(
    executor: Executor, als_api: Executor
) -> None:
    """Of many moments, each of several matches: at either side, and a page ends in the middle of a moment."""
    ik = AccountId(uuid4())
    alle = [
        een_match(uuid4(), uuid4(), ontstaan_op=OP + timedelta(minutes=nummer // 4))._replace(
            **{f"account_{'ab'[nummer % 2]}": ik}
        )
        for nummer in range(12)
    ]
    alle = [over(each) if nummer % 3 == 0 else each for nummer, each in enumerate(alle)]
    van_anderen = [een_match(uuid4(), uuid4(), ontstaan_op=OP + timedelta(minutes=1)) for _ in range(3)]
    await executor.execute(OPSLAG.matches.bewaar, None, [*alle, *van_anderen])

    async def gelezen(stand: Stand | None) -> Sequence[UUID]:
        gezien: list[MatchId] = []
        while True:
            blad = await als_api.execute(
                EIGEN.bladzijde,
                DatabaseContext(ik, "professional"),
                ik,
                stand,
                voorbij_na=LANG_GELEDEN,
                na=gezien[-1] if gezien else None,
                limiet=3,
            )
            assert len(blad) <= 3
            gezien += [each.match_id for each in blad]
            if not blad:
                return gezien

    volgorde = sorted(alle, key=lambda each: (each.ontstaan_op, each.match_id), reverse=True)
    assert await gelezen(None) == [each.match_id for each in volgorde]
    for stand, status in ((Stand.OPEN, MatchStatus.ACTIEF), (Stand.BEEINDIGD, MatchStatus.BEEINDIGD)):
        assert await gelezen(stand) == [each.match_id for each in volgorde if each.status is status]
