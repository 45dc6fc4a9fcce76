"""Events of match in any order on real PostgreSQL: each recipient is planned once per cause, by the newest version."""

import asyncio
from datetime import date, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg import InsufficientPrivilegeError
from sqlalchemy import text

from contracts.match import MatchReden
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.testing import eventually_async

from ..conftest import beeindigd, betrokkene, ontstaan

ONTVANGERS = "select ontvanger from notificatie where soort = 'match' order by ontvanger"


async def ontvangers(wereld: Any) -> list[str]:
    return [row[0] for row in await wereld.rijen(ONTVANGERS)]


async def test_the_first_match_of_a_cause_tells_and_later_ones_add_only_who_is_new(wereld: Any) -> None:
    issuer, een, ander = betrokkene(), betrokkene(convenant="x"), betrokkene(convenant="x")
    await wereld.gebeurt((ontstaan(issuer, een), 1), (ontstaan(issuer, ander), 1))
    await wereld.gebeurt((ontstaan(issuer, een, oorzaak=issuer.signaal_id), 1))
    accounts = sorted(str(each.account) for each in (issuer, een, ander))
    assert [each for each in await ontvangers(wereld) if len(each) == 36] == accounts
    assert [each for each in await ontvangers(wereld) if len(each) != 36] == ["amsterdam", "x"]


async def test_another_cause_tells_again(wereld: Any) -> None:
    een, ander = betrokkene(), betrokkene(convenant="amsterdam")
    await wereld.gebeurt((ontstaan(een, ander, uuid4()), 1), (ontstaan(een, ander, uuid4()), 1))
    assert len(await ontvangers(wereld)) == 6


async def test_every_order_and_repetition_gives_the_same_state(wereld: Any) -> None:
    for order in permutations((1, 2, 3)):
        match = ontstaan()
        states = {1: match, 2: beeindigd(match, MatchReden.SIGNAAL_GEDEACTIVEERD), 3: match}
        for version in (*order, *order):
            await wereld.gebeurt((states[version], version))
        query = f"select versie, status from match_stand where match_id = '{match.match_id}'"
        assert await wereld.rijen(query) == [(3, "actief")]


async def test_an_end_that_comes_first_tells_only_of_what_was_right(wereld: Any) -> None:
    for reden, told in ((MatchReden.SIGNAAL_VERWIJDERD, 0), (MatchReden.SIGNAAL_GEDEACTIVEERD, 2)):
        match = ontstaan()
        await wereld.gebeurt((beeindigd(match, reden), 2))
        await wereld.gebeurt((match, 1))
        assert len(await ontvangers(wereld)) == told


@pytest.mark.regel("R112")
@pytest.mark.parametrize(("days", "told"), [(-1, False), (0, False), (1, True)])
async def test_a_match_counts_only_before_its_end_date(wereld: Any, days: int, told: bool) -> None:
    """Who only arranges what counts is told of nothing else."""
    end = date(2026, 11, 22) + timedelta(days=days)
    await wereld.gebeurt((ontstaan(betrokkene(), betrokkene(), einddatum=end), 1))
    assert ("amsterdam" in await ontvangers(wereld)) is told


@pytest.mark.parametrize(("days", "told"), [(6, 2), (7, 0)])
async def test_what_was_over_long_before_it_is_heard_of_is_not_told(wereld: Any, days: int, told: int) -> None:
    """A database that begins anew is not to tell everybody of what was."""
    match = ontstaan()
    wereld.domein.forward(timedelta(days=days))
    await wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_GEDEACTIVEERD), 2))
    assert len(await ontvangers(wereld)) == told


async def test_of_an_ended_match_no_youth_is_kept(wereld: Any) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    assert await wereld.rijen("select cardinality(personen) from match_stand") == [(2,)]
    await wereld.gebeurt((beeindigd(match, MatchReden.PERSOON_VERNIETIGD), 2))
    assert await wereld.rijen("select cardinality(personen) from match_stand") == [(0,)]


async def test_the_trace_of_the_event_is_kept_with_the_notification(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    assert {row[0].split("-")[1] for row in await wereld.rijen("select traceparent from notificatie")} == {
        "0af7651916cd43dd8448eb211c80319c"
    }


@pytest.mark.parametrize("role", ["api", "relay"])
@pytest.mark.parametrize("table", ["match_stand", "notificatie", "notificatie_match"])
async def test_only_the_worker_reads_the_tables(wereld: Any, dsns: Any, role: str, table: str) -> None:
    database = Database(dsns[role], pool=1, application="test")
    with pytest.raises(InsufficientPrivilegeError, match="permission denied"):
        await database.rows(Statement(text(f"select 1 from {table}")))
    await database.close()


@pytest.mark.parametrize("role", ["api", "worker", "relay", "migrate"])
async def test_every_role_has_its_limits_and_whoever_works_by_itself_reads_no_table_whole(dsns: Any, role: str) -> None:
    database = Database(dsns[role], pool=1, application="test")
    names = ("transaction_timeout", "idle_in_transaction_session_timeout", "statement_timeout", "enable_seqscan")
    asked = ", ".join(f"current_setting('{each}') as {each}" for each in names)
    (row,) = await database.rows(Statement(text(f"select {asked}")))
    await database.close()
    assert row.transaction_timeout != "0"
    assert row.idle_in_transaction_session_timeout != "0"
    assert (row.statement_timeout == "0") is (role == "migrate")
    assert row.enable_seqscan == ("off" if role in {"worker", "relay"} else "on")


async def test_claims_of_several_senders_never_overlap(wereld: Any) -> None:
    await wereld.gebeurt(*((ontstaan(), 1) for _ in range(50)))
    taken: list[UUID] = []

    async def sender() -> None:
        while claimed := await wereld.bezorger.claim(5, []):
            taken.extend(each.id for samen in claimed for each in samen)

    await asyncio.gather(*(sender() for _ in range(4)))
    assert len(taken) == len(set(taken)) == 100


async def test_what_another_sender_holds_is_not_waited_for(wereld: Any) -> None:
    await wereld.gebeurt((ontstaan(), 1))
    async with wereld.worker.transaction() as other:
        await other.rows(Statement(text("select id from notificatie for update")))
        held = {row[0] for row in await wereld.rijen("select id from notificatie")}
        await wereld.gebeurt((ontstaan(), 1))
        (samen,) = await asyncio.wait_for(wereld.bezorger.claim(10, []), 5)
    assert len(samen) == 2
    assert not held & {each.id for each in samen}


@pytest.mark.regel("D18")
async def test_the_end_of_a_wrong_match_waits_to_see_what_a_sender_takes_at_that_moment(wereld: Any) -> None:
    match = ontstaan()
    await wereld.gebeurt((match, 1))
    async with wereld.worker.transaction() as sender:
        await sender.rows(Statement(text("update notificatie set status = 'bezig'")))
        ending = asyncio.create_task(wereld.gebeurt((beeindigd(match, MatchReden.SIGNAAL_VERWIJDERD), 2)))

        async def waits() -> bool:
            return ending.done() or bool(await wereld.rijen("select 1 from pg_locks where not granted"))

        await eventually_async(waits)
    await ending
    assert await wereld.rijen("select count(*) from notificatie where soort = 'match-onjuist'") == [(2,)]
