"""What match tells: whole states, in the trace of what caused them, by its own version (D2, D4, D12)."""

import json
from datetime import date
from uuid import uuid4

from services.match.tests.berichten import SPOOR, Signaleerder, verwerk
from services.match.tests.stand import matches, verteld
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.match import MatchBeeindigd, MatchOntstaan
from platformkit.clock import FixedClock
from platformkit.executor import Executor


async def test_begin_change_and_end_are_told_once_each(
    executor: Executor, worker: AsyncEngine, klok: FixedClock, dsns
) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    await verwerk(executor, [a.verlengd(date(2026, 4, 1), 2)])
    await verwerk(executor, [a.verlengd(date(2026, 4, 1), 3)])  # the same again changes nothing
    await verwerk(executor, [b.verwijderd()])
    (match,) = await matches(worker, [a.id])
    rijen = await verteld(dsns["relay"], match.match_id)
    assert [row.headers["ce_type"].split(".")[3] for row in rijen] == ["ontstaan", "ontstaan", "beeindigd"]
    assert [int(row.headers["ce_sequence"]) - (1 << 32) for row in rijen] == [1, 2, 3]
    assert {row.traceparent for row in rijen} == {SPOOR}
    assert {row.key for row in rijen} == {str(match.match_id)}
    eerste = MatchOntstaan.model_validate(json.loads(rijen[0].payload))
    assert eerste.signalen == tuple(sorted((a.id, b.id)))
    assert eerste.personen == (jeugdige,)
    assert [p.signaal_id for p in eerste.professionals] == list(eerste.signalen)
    einde = MatchBeeindigd.model_validate(json.loads(rijen[-1].payload))
    assert (einde.reden, einde.einddatum) == ("signaal-verwijderd", date(2026, 4, 1))
    assert einde.professionals == eerste.professionals
