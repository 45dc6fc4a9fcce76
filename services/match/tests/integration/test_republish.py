"""Telling all matches again: nothing new for who knows them, and above everything after a restore (D2, D4)."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from services.match.tests.berichten import Signaleerder, gewijzigd, vastgelegd, verwerk
from services.match.tests.stand import matches, verteld

from lokaal.stack import Stack
from match.application.handlers.republish import Republish
from match.bootstrap import OPSLAG
from platformkit.db.database import Database
from platformkit.executor import Executor

_BITS = 32


@pytest.fixture
async def own_generation(looker: asyncpg.Connection) -> AsyncIterator[None]:
    """Other tests count versions from the first generation."""
    yield
    await looker.execute("update generatie set nummer = 1")


async def _begin_and_end(executor: Executor) -> tuple[Signaleerder, Signaleerder]:
    """A client match that lasts, and a family match that was wrong."""
    jeugdige, broer, ouder = uuid4(), uuid4(), uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    c = Signaleerder(broer, professional=b.professional)
    await verwerk(executor, [vastgelegd(jeugdige, [ouder]), vastgelegd(broer, [ouder])], "match.persoon")
    await verwerk(executor, [a.afgegeven(), b.afgegeven(), c.afgegeven()])
    await verwerk(executor, [gewijzigd(broer, [])], "match.persoon")
    return a, c


async def _told(addresses, worker: Database, *signalen: Signaleerder) -> list[tuple[str, int, bytes]]:
    found = {m.match_id for s in signalen for m in await matches(worker, [s.id])}
    rijen = [rij for match_id in sorted(found) for rij in await verteld(addresses["relay"], match_id)]
    return [(rij.headers["ce_type"], int(rij.headers["ce_sequence"]), bytes(rij.payload)) for rij in rijen]


@pytest.mark.regel("D4")
async def test_told_again_is_the_same_state_under_the_same_version(
    executor: Executor, worker: Database, commando, addresses
) -> None:
    a, c = await _begin_and_end(executor)
    before = await _told(addresses, worker, a, c)
    code, said = await commando("republish")
    # On a busy machine it says in between how far it is.
    assert (code, said.splitlines()[-1].startswith("Told again: ")) == (0, True)
    after = await _told(addresses, worker, a, c)
    newest = {(kind, version, payload) for kind, version, payload in before}
    again = list(after)
    for each in before:
        again.remove(each)
    assert {kind.split(".")[3] for kind, _, _ in again} == {"ontstaan", "beeindigd"}
    assert set(again) <= newest, "the state and version that were told last, and nothing else"
    assert len(again) == len({match.match_id for s in (a, c) for match in await matches(worker, [s.id])})


@pytest.mark.regel("D4")
@pytest.mark.usefixtures("own_generation")
async def test_after_a_raised_generation_every_match_gets_a_version_above_all_that_were_told(
    executor: Executor, worker: Database, commando, addresses, looker: asyncpg.Connection
) -> None:
    a, c = await _begin_and_end(executor)
    told = max(version for _, version, _ in await _told(addresses, worker, a, c))
    code, said = await commando("generation", "raise", "--by", "beheerder-9")
    assert code == 0
    recorded = await looker.fetch("select action, outcome, role from audit where actor = 'beheerder-9'")
    assert [tuple(each) for each in recorded] == [("generatie-verhogen", "ok", "beheer")]
    generation = int(said.split()[-1].rstrip("."))
    assert generation > told >> _BITS
    assert (await commando("republish"))[0] == 0
    stored = [m for s in (a, c) for m in await matches(worker, [s.id])]
    assert {m.versie for m in stored} == {(generation << _BITS) + 1}
    assert {m.status for m in stored} == {"actief", "beeindigd"}
    # Once is enough: a second time tells the same versions.
    count = len(await _told(addresses, worker, a, c))
    assert (await commando("republish"))[0] == 0
    again = await _told(addresses, worker, a, c)
    assert len(again) == count + len({m.match_id for m in stored})
    assert max(version for _, version, _ in again) == (generation << _BITS) + 1


@pytest.mark.regel("D8")
async def test_an_ended_match_of_a_destroyed_signal_is_not_told(
    executor: Executor, worker: Database, commando, addresses
) -> None:
    a, c = await _begin_and_end(executor)
    (ended,) = await matches(worker, [c.id])
    await verwerk(executor, [c.vernietigd(2)])
    told = len(await verteld(addresses["relay"], ended.match_id))
    assert (await commando("republish"))[0] == 0
    assert len(await verteld(addresses["relay"], ended.match_id)) == told
    (open_match,) = [m for m in await matches(worker, [a.id]) if m.status == "actief"]
    assert len(await verteld(addresses["relay"], open_match.match_id)) == 2


async def test_a_run_goes_on_where_an_earlier_one_ended(executor: Executor) -> None:
    for _ in range(3):
        await _begin_and_end(executor)
    republish = Republish(OPSLAG)
    first = await executor.execute(republish, None, None, 2)
    assert first.last is not None
    assert first.told <= 2, "those of destroyed signals, which other tests leave, are passed over"
    rest, after = 0, first.last
    while after is not None:
        batch = await executor.execute(republish, None, after, 2)
        rest, after = rest + batch.told, batch.last
    whole = await executor.execute(republish, None, None, 100_000)
    assert (whole.told, whole.last) == (first.told + rest, None)
    assert whole.told >= 3


async def test_wrong_words_end_with_2_and_change_nothing(commando) -> None:
    for words in (("generation",), ("generation", "lower"), ("republish", "--per-second", "0"), ("republish", "x")):
        code, said = await commando(*words)
        assert (code, "usage: python -m match" in said) == (2, True), words


def test_a_command_of_a_process_that_is_not_there_says_what_exists(servers: Stack, addresses) -> None:
    ran = servers.command("match", "republsh")
    assert ran.returncode == 2
    assert "dead-letters" in ran.stderr
    assert servers.command("match", "republish").returncode == 0
