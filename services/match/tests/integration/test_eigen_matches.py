"""What the repository of own matches gives of each side of a match, and in which order."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from services.match.tests.berichten import Signaleerder, overleden, vastgelegd, verwerk
from services.match.tests.stand import matches

from contracts.base import AccountId, MatchId
from contracts.match import MatchReden, MatchSoort, MatchStatus
from match.adapters.db.eigen_matches import PostgresEigenMatchRepository
from match.application.queries import EigenMatch, Stand
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


@pytest.mark.regel("R082", "C16")
@pytest.mark.parametrize("over", [False, True], ids=["open", "ended"])
async def test_each_side_gets_what_is_its_own(
    executor: Executor, worker: Database, als_api: Executor, over: bool
) -> None:
    kind, zus, moeder = uuid4(), uuid4(), uuid4()
    een, ander = Signaleerder(kind), Signaleerder(zus)
    personen = [vastgelegd(kind, [moeder]), vastgelegd(zus, [moeder])]
    await verwerk(executor, [een.afgegeven(), ander.afgegeven(), *personen])
    if over:
        await verwerk(executor, [overleden(kind, [moeder])], "match.persoon")
    (match,) = await matches(worker, [een.id])
    for ik, partner in ((een, ander), (ander, een)):
        gevonden = await als_api.execute(
            EIGEN.een, DatabaseContext(ik.account, "professional"), ik.account, match.match_id, voorbij_na=LANG_GELEDEN
        )
        verwacht = EigenMatch(
            match_id=match.match_id,
            soort=MatchSoort.GEZIN,
            stand=Stand.BEEINDIGD if over else Stand.OPEN,
            reden=MatchReden.OVERLEDEN if over else None,
            ontstaan_op=match.ontstaan_op,
            beeindigd_op=match.beeindigd_op,
            einddatum=match.einddatum,
            eigen_signaal=ik.id,
            eigen_persoon=ik.jeugdige,
            partner_account=partner.account,
        )
        assert gevonden == verwacht
        # A code that is only text is equal to its name, and is no `Stand.OPEN`.
        assert [type(getattr(gevonden, code)) for code in CODES] == [type(getattr(verwacht, code)) for code in CODES]


@pytest.mark.regel("R120")
async def test_every_page_of_every_kind_goes_on_where_the_one_before_it_ended(
    executor: Executor, worker: Database, als_api: Executor, klok: FixedClock
) -> None:
    """Of three moments, each of four matches: at either side, and a page ends in the middle of a moment."""
    ik = AccountId(uuid4())
    eigen: list[Signaleerder] = []
    for _ in range(3):
        nieuw = [Signaleerder(uuid4()) for _ in range(4)]
        for each in nieuw:
            each.account = ik
        anderen = [Signaleerder(each.jeugdige) for each in nieuw]
        await verwerk(executor, [each.afgegeven() for each in (*nieuw, *anderen)])
        eigen += nieuw
        klok.forward(timedelta(minutes=1))
    await verwerk(executor, [each.gedeactiveerd() for each in eigen[::3]])

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
            if not blad:
                return gezien
            gezien += [each.match_id for each in blad]

    alle = await matches(worker, [each.id for each in eigen])
    volgorde = sorted(alle, key=lambda each: (each.ontstaan_op, each.match_id), reverse=True)
    assert len(volgorde) == 12
    assert await gelezen(None) == [each.match_id for each in volgorde]
    for stand, status in ((Stand.OPEN, MatchStatus.ACTIEF), (Stand.BEEINDIGD, MatchStatus.BEEINDIGD)):
        assert await gelezen(stand) == [each.match_id for each in volgorde if each.status == status]
