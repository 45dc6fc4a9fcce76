"""All data of a server are gone: PostgreSQL comes back from a dump, Kafka from what the databases tell again."""

import asyncio
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from checks import ORGANISATIONS, outboxes_empty
from commands import command, told_again
from driver import Driver
from people import PATIENCE, People
from stores import mailbox, rows
from verslag import Verslag
from youths import new_youth

from contracts.registry import topics
from lokaal.servers import kafka_admin, postgres
from lokaal.services import SERVICES
from lokaal.testing import broker, superuser
from platformkit.envelope import Place
from platformkit.messaging.told import told
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
    # As the runbook says: a client that came before its account could do anything asks no more.
    for service in SERVICES:
        breakable.stack.restart(service.name)
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


@pytest.mark.timeout(300)
@pytest.mark.regel("D1", "D8", "D10")
@pytest.mark.parametrize("set_back", ["brp_proxy", "brp_proxy_sleutels"], ids=["the persons", "the keys"])
def test_persons_or_keys_of_an_hour_ago_with_the_other_database_of_now(
    breakable: Driver, verslag: Verslag, tmp_path: Path, set_back: str
) -> None:
    """Known and unknown are answered alike, the youth of the lost hour still matches, the destroyed one stays destroyed."""
    known, ended, lost, unknown = (new_youth(breakable) for _ in range(4))
    refs = {bsn: _issued(breakable, bsn)[1] for bsn in (known, ended)}
    gone = refs.pop(ended)
    eventually(lambda: outboxes_empty(breakable), "all to be told", PATIENCE)
    eventually(lambda: _of(breakable, gone, "bevestigd"), "the signal to be known", PATIENCE)
    database = superuser(breakable.addresses["postgres"], set_back)
    dump = tmp_path / "dump.sql"
    dump.write_text(postgres.dump_database(database))

    refs[lost] = _issued(breakable, lost)[1]
    assert breakable.signal("Herstel Een", known).status_code == 409, "it renews the lease, which is told"
    _end(breakable, gone)
    eventually(lambda: outboxes_empty(breakable), "all to be told", PATIENCE)

    begun = time.monotonic()
    breakable.stack.terminate("brp-proxy")
    postgres.restore(database, dump)
    command(breakable, "brp-proxy", "herstel")
    breakable.stack.restart("brp-proxy")
    length, healed = time.monotonic() - begun, time.monotonic()

    answers = {bsn: _issued(breakable, bsn, "Herstel Twee") for bsn in (known, lost, ended, unknown)}
    assert len({frozenset(answer) for answer, _ in answers.values()}) == 1, "nothing tells who was known"
    for bsn, ref in refs.items():
        assert answers[bsn][1] == ref
        eventually(lambda ref=ref: _active(breakable, ref) == 1, "the match", PATIENCE)
    assert answers[ended][1] != gone
    for name, table in (("brp_proxy", "verwijzing"), ("brp_proxy", "persoon"), ("brp_proxy_sleutels", "sleutel")):
        assert not rows(breakable, name, f"select 1 from {table} where persoon_ref = $1", gone), table
    eventually(lambda: outboxes_empty(breakable), "all to be told", PATIENCE)
    asyncio.run(_each_version_told_alike(breakable, [*refs.values(), gone]))
    breakable.later("16m")
    eventually(
        lambda: not rows(breakable, "brp_proxy", "select 1 from persoon where herlezen"), "reading again", PATIENCE
    )
    verslag.regel(
        f"{set_back} set back, the other of now",
        lengte=length,
        aanvaard=7,
        verloren=0,
        herhaald=0,
        seconden=time.monotonic() - healed,
    )


def _issued(driver: Driver, bsn: str, name: str = "Herstel Een") -> tuple[dict[str, Any], UUID]:
    """What a professional is answered who issues a signal, and the ref under which it stands."""
    answer = driver.signal(name, bsn, ORGANISATIONS[name == "Herstel Twee"])
    assert answer.status_code == 201, answer.text
    signal = answer.json()
    return signal, rows(driver, "signaal", "select persoon_ref from signaal where id = $1", UUID(signal["signaalId"]))[
        0
    ][0]


def _of(driver: Driver, ref: UUID, column: str) -> Any:
    """Of a person at brp-proxy; none when there is none."""
    found = rows(driver, "brp_proxy", f"select {column} from persoon where persoon_ref = $1", ref)
    return found[0][0] if found else None


def _end(driver: Driver, ref: UUID) -> None:
    """Take his signal away, and let brp-proxy ask about it."""
    removed = "update signaal set status = 'verwijderd', reden = 'ten-onrechte', inactief_sinds = begindatum"
    rows(driver, "signaal", f"{removed} where persoon_ref = $1", ref)
    rows(driver, "brp_proxy", "delete from signaal where persoon_ref = $1", ref)
    rows(driver, "brp_proxy", "update persoon set bevestigd = false where persoon_ref = $1", ref)
    driver.later("16m")
    eventually(lambda: _of(driver, ref, "versie") is None, "the person to be destroyed", PATIENCE)


def _active(driver: Driver, ref: UUID) -> int:
    found: int = rows(driver, "match", "select count(*) from match where persoon_a = $1 and status = 'actief'", ref)[0][
        0
    ]
    return found


async def _each_version_told_alike(driver: Driver, refs: list[UUID]) -> None:
    """No version of a person was told with two contents."""
    service = "urn:nld:oin:00000099000000001000:systeem:brp-proxy"
    place = Place("persoon", service, datetime.now(UTC) + timedelta(days=365))
    said: dict[tuple[UUID, int], set[str]] = defaultdict(set)
    async for messages in told(broker(driver.addresses), place):
        for each in messages:
            if each.subject in refs:
                said[each.subject, each.version].add(repr(each.event))
    assert {ref for ref, _ in said} == set(refs)
    assert [contents for contents in said.values() if len(contents) > 1] == []
