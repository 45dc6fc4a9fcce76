"""All data of a server are gone: PostgreSQL comes back from a dump, Kafka from what the databases tell again."""

import asyncio
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from commands import command, told_again
from driver import Driver
from people import PATIENCE, People
from stores import mailbox, rows
from verslag import Verslag

from contracts.registry import topics
from lokaal.servers import kafka_admin, postgres
from lokaal.services import SERVICES
from lokaal.testing import broker, superuser
from platformkit.testing import eventually

pytestmark = [pytest.mark.system, pytest.mark.soak]


@pytest.mark.timeout(300)
@pytest.mark.regel("D3", "D4")
def test_a_dump_restored_into_a_new_cluster_tells_the_next_signal_within_seconds(
    breakable: Driver, verslag: Verslag, tmp_path: Path
) -> None:
    """The new cluster counts its transactions from the start again (D3), and match its generation one higher (D4)."""
    earlier = _everything_told(breakable)
    matches, mails = _matches(breakable), len(mailbox(breakable, earlier.begun))
    asyncio.run(_use_up_transactions(superuser(breakable.addresses["postgres"], "match")))
    admin = breakable.addresses["postgres"]["superuser"]
    for service in SERVICES:
        breakable.stack.terminate(service.name)
    dump, counted = tmp_path / "dump.sql", _transactions(breakable)
    dump.write_text(postgres.dump(admin))
    begun = time.monotonic()
    breakable.stack.renew("postgres")
    postgres.restore(admin, dump)
    assert _transactions(breakable) < counted, "a copy of the cluster, not a new one"
    # Of match alone: signals and persons have no generation (docs/operations/runbook.md).
    command(breakable, "match", "generation", "raise")
    for service in SERVICES:
        breakable.stack.restart(service.name)
    length = time.monotonic() - begun
    with People(breakable) as people:
        people.over()
        people.work(2)
        people.told(verslag, "dump restored into a new cluster", length)
    assert {id_: _matches(breakable)[id_] for id_ in matches} == matches, "earlier matches are as they were"
    assert len(mailbox(breakable, earlier.begun)) - len(mailbox(breakable, people.begun)) == mails, "and told once"
    raised = [row["versie"] >> 32 for id_, row in _matches(breakable).items() if id_ not in matches]
    assert raised, "the generation in the high bits"
    assert min(raised) > max(row["versie"] >> 32 for row in matches.values())


@pytest.mark.timeout(300)
@pytest.mark.regel("D3")
def test_lost_topics_are_told_again(breakable: Driver, verslag: Verslag) -> None:
    """Same matches, no new mail; and a reader whose offset lies beyond the end of the new topic begins at its start."""
    earlier = _everything_told(breakable)
    matches, mails = _matches(breakable), len(mailbox(breakable, earlier.begun))
    begun = time.monotonic()
    breakable.stack.terminate("match")
    _new_kafka(breakable)
    asyncio.run(_commit_beyond_the_end(breakable, "match.signaal", "signaal"))
    breakable.stack.restart("match")
    known = _handled(breakable)
    told_again(breakable)
    eventually(lambda: _handled(breakable) >= known + len(matches), "notificatie to hear all matches again", PATIENCE)
    length = time.monotonic() - begun
    with People(breakable) as people:
        people.over()
        people.work(2)
        people.told(verslag, "all topics lost, state told again", length)
    now = _matches(breakable)
    # The version rises once when the generation was raised since: the state is the same.
    assert [{**now[id_], "versie": 0} for id_ in matches] == [{**was, "versie": 0} for was in matches.values()]
    assert len(mailbox(breakable, earlier.begun)) - len(mailbox(breakable, people.begun)) == mails, "no new mail"


@pytest.mark.timeout(300)
@pytest.mark.regel("D4")
def test_matches_made_anew_from_what_is_told_again_are_the_same(breakable: Driver, verslag: Verslag) -> None:
    """match loses its tables: from signals and persons alone it finds the same ids, and nobody is told twice."""
    earlier = _everything_told(breakable)
    matches, mails = _matches(breakable), len(mailbox(breakable, earlier.begun))
    begun = time.monotonic()
    breakable.stack.terminate("match")
    rows(breakable, "match", "truncate signaal, persoon, ouder, match, matchsleutel")
    command(breakable, "match", "generation", "raise")
    breakable.stack.restart("match")
    told_again(breakable, apart=["match"])
    eventually(lambda: len(_matches(breakable)) >= len(matches), "the matches to be made anew", PATIENCE)
    length = time.monotonic() - begun
    with People(breakable) as people:
        people.over()
        people.work(2)
        people.told(verslag, "match made anew from what is told again", length)
    now = _matches(breakable)
    for id_, was in matches.items():
        assert all(now[id_][name] == was[name] for name in ("soort", "signaal_a", "signaal_b", "oorzaak_id", "status"))
        assert now[id_]["versie"] > was["versie"], "readers must take it for newer"
    assert len(mailbox(breakable, earlier.begun)) - len(mailbox(breakable, people.begun)) == mails, "no new mail"


def _new_kafka(driver: Driver) -> None:
    driver.stack.renew("kafka")
    kafka_admin.furnish(broker(driver.addresses), driver.addresses["kafka"]["passwords"])


async def _commit_beyond_the_end(driver: Driver, group: str, topic: str) -> None:
    consumer = AIOKafkaConsumer(**broker(driver.addresses).client(), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(topics()[topic].partitions)]
        consumer.assign(partitions)
        await consumer.commit(dict.fromkeys(partitions, 1_000_000))
    finally:
        await consumer.stop()


def _handled(driver: Driver) -> int:
    """How many events of the topic match notificatie has handled."""
    found: int = rows(driver, "notificatie", "select count(*) as n from inbox where consumer = 'notificatie.match'")[0][
        "n"
    ]
    return found


def _everything_told(driver: Driver) -> People:
    with People(driver, rate=4) as people:
        people.work(3)
        people.rest()
        eventually(lambda: not asyncio.run(people.account()).wrong, "all to be told", PATIENCE)
    return people


def _matches(driver: Driver) -> dict[Any, dict[str, Any]]:
    return {row["match_id"]: dict(row) for row in rows(driver, "match", "select * from match")}


def _transactions(driver: Driver) -> int:
    found: int = rows(driver, "postgres", "select pg_current_xact_id()::text::bigint as n")[0]["n"]
    return found


async def _use_up_transactions(dsn: str) -> None:
    """A cluster that has lived: its transaction ids are far above those that a restore uses."""
    connection = await asyncpg.connect(dsn, timeout=5)
    for _ in range(5000):
        await connection.execute("select pg_current_xact_id()")
    await connection.close()
