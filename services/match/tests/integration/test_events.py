"""What match tells: whole states, in the trace of what caused them, by its own version (D2, D4, D12)."""

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from services.match.tests.berichten import OP, SPOOR, Signaleerder, vastgelegd, verwerk
from services.match.tests.stand import matches, verteld

from contracts.match import MatchBeeindigd, MatchOntstaan
from contracts.signaal import Organisatiesoort
from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.executor import Executor


@pytest.mark.regel("D2", "D4", "D12")
async def test_begin_change_and_end_are_told_once_each(
    executor: Executor, worker: Database, klok: FixedClock, addresses
) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    await verwerk(executor, [a.verlengd(date(2026, 4, 1), 2)])
    await verwerk(executor, [a.verlengd(date(2026, 4, 1), 3)])  # the same again changes nothing
    await verwerk(executor, [b.verwijderd()])
    (match,) = await matches(worker, [a.id])
    rijen = await verteld(addresses["relay"], match.match_id)
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


async def test_the_end_by_destruction_tells_of_the_signal_what_was_told_before(
    executor: Executor, worker: Database, addresses
) -> None:
    """In the transaction that leaves a tombstone of it; also when both are destroyed in one batch, or with a newer state."""
    jeugdige = uuid4()
    a, b, c = (Signaleerder(jeugdige) for _ in range(3))
    await verwerk(executor, [s.afgegeven() for s in (a, b, c)])
    await verwerk(executor, [a.vernietigd(2)])
    await verwerk(executor, [b.gedeactiveerd(2), b.vernietigd(3), c.vernietigd(2)])
    gevonden = await matches(worker, [a.id, b.id, c.id])
    assert len(gevonden) == 3
    for match in gevonden:
        begin, einde = await verteld(addresses["relay"], match.match_id)
        eerst = MatchOntstaan.model_validate_json(begin.payload)
        laatst = MatchBeeindigd.model_validate_json(einde.payload)
        assert laatst.reden == "signaal-vernietigd"
        assert laatst.professionals == eerst.professionals


@pytest.mark.regel("R111")
@pytest.mark.parametrize("soort", [Organisatiesoort.WIJKTEAM, Organisatiesoort.ONDERWIJS])
async def test_a_match_tells_whether_one_of_both_can_have_the_matchregie(
    executor: Executor, worker: Database, addresses, soort: Organisatiesoort
) -> None:
    """Whichever side it is on, and anew when that changes."""
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    b.organisatiesoort = soort
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    a.organisatiesoort, b.organisatiesoort = soort, Organisatiesoort.JEUGDHULP
    await verwerk(executor, [a.verlengd(a.einddatum, 2), b.verlengd(b.einddatum, 2)])
    b.organisatiesoort = a.organisatiesoort = Organisatiesoort.GGD
    await verwerk(executor, [a.verlengd(a.einddatum, 3), b.verlengd(b.einddatum, 3)])
    (match,) = await matches(worker, [a.id])
    told = [MatchOntstaan.model_validate_json(rij.payload) for rij in await verteld(addresses["relay"], match.match_id)]
    assert [event.regiepartij for event in told] == [soort is Organisatiesoort.WIJKTEAM] * 2 + [True]


@pytest.mark.regel("D18")
async def test_a_match_tells_when_each_of_its_signals_was_issued(
    executor: Executor, worker: Database, addresses
) -> None:
    jeugdige = uuid4()
    sides = [Signaleerder(jeugdige, op=OP + timedelta(days=day)) for day in range(2)]
    await verwerk(executor, [each.afgegeven() for each in sides])
    await verwerk(executor, [sides[0].vernietigd(2)])
    issued = {each.id: each.op for each in sides}
    (match,) = await matches(worker, [sides[0].id])
    for rij in await verteld(addresses["relay"], match.match_id):
        event = MatchOntstaan.model_validate_json(rij.payload)
        assert event.afgegeven_op == tuple(issued[each] for each in event.signalen)
        assert [each.signaal_id for each in event.professionals] == list(event.signalen)


async def test_a_side_that_says_something_else_is_told_anew(executor: Executor, worker: Database, addresses) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    a.organisatie = uuid4()
    await verwerk(executor, [a.verlengd(a.einddatum, 2)])
    (match,) = await matches(worker, [a.id])
    *_, laatste = await verteld(addresses["relay"], match.match_id)
    event = MatchOntstaan.model_validate_json(laatste.payload)
    assert match.versie == (1 << 32) + 2
    assert {p.organisatie for p in event.professionals} == {a.organisatie, b.organisatie}


@pytest.mark.regel("D18")
async def test_two_professionals_that_turn_out_to_be_one_are_told_who_they_were(
    executor: Executor, worker: Database, addresses
) -> None:
    """D18: a family match of somebody with himself."""
    kind, zus, moeder = uuid4(), uuid4(), uuid4()
    a, b = Signaleerder(kind), Signaleerder(zus)
    await verwerk(executor, [a.afgegeven(), b.afgegeven(), vastgelegd(kind, [moeder]), vastgelegd(zus, [moeder])])
    eerder, a.professional = a.professional, b.professional
    await verwerk(executor, [a.verlengd(a.einddatum, 2)])
    (match,) = await matches(worker, [a.id])
    *_, laatste = await verteld(addresses["relay"], match.match_id)
    einde = MatchBeeindigd.model_validate_json(laatste.payload)
    assert einde.reden == "zelfde-professional"
    assert {p.professional for p in einde.professionals} == {eerder, b.professional}
