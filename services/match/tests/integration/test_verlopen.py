"""The sweep tells the end of matches that nothing else touched (D4, D7)."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from services.match.tests.berichten import Signaleerder, vastgelegd, verwerk
from services.match.tests.stand import matches

from match.application.handlers.verlopen import Verlopen
from match.bootstrap import OPSLAG
from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.executor import Executor


@pytest.mark.regel("R065", "D4", "D7")
async def test_the_sweep_ends_what_passed_and_nothing_else(
    executor: Executor, worker: Database, klok: FixedClock
) -> None:
    kind, zus, moeder = uuid4(), uuid4(), uuid4()
    a, b, c = Signaleerder(kind), Signaleerder(kind), Signaleerder(zus)
    a.einddatum = date(2025, 6, 2)
    personen = [vastgelegd(kind, [moeder]), vastgelegd(zus, [moeder])]
    await verwerk(executor, [a.afgegeven(), b.afgegeven(), c.afgegeven(), *personen])
    sweep = Verlopen(executor, OPSLAG)

    async def alles() -> None:
        while await sweep():
            pass

    await alles()
    assert [m.status for m in await matches(worker, [a.id])] == ["actief"] * 2
    klok.forward(timedelta(days=1))
    await alles()
    ended = await matches(worker, [a.id])
    assert [(m.status, m.reden) for m in ended] == [("beeindigd", "einddatum")] * 2
    assert {m.status for m in await matches(worker, [b.id, c.id]) if a.id not in {m.signaal_a, m.signaal_b}} == {
        "actief"
    }
    assert await sweep() == 0


@pytest.mark.regel("O14")
async def test_an_extension_after_the_sweep_brings_the_match_back(
    executor: Executor, worker: Database, klok: FixedClock
) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    a.einddatum = date(2025, 6, 2)
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    klok.forward(timedelta(days=1))
    while await Verlopen(executor, OPSLAG)():
        pass
    await verwerk(executor, [a.verlengd(date(2025, 9, 1), 2)])
    (match,) = await matches(worker, [a.id])
    assert (match.status, match.einddatum) == ("actief", date(2025, 9, 1))
