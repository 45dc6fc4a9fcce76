"""What another service told last (D4): the highest version counts, whatever comes first, twice or late."""

import asyncio
from random import Random
from uuid import UUID, uuid4

import pytest
from proef.adapters.db.tables import stand
from proef.events import NOW, gewijzigd
from proef.hulp import Proef
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, Uuid

from platformkit.db.sets import Fields
from platformkit.envelope import Message, PoisonError, decode
from platformkit.executor import UnitOfWork
from platformkit.executor.projection import LARGEST_JUMP, Projection, newest
from platformkit.testing import record

STANDEN = Projection(stand)


def told(version: int, subject: UUID, topic: str = "persoon") -> Message:
    made = record(gewijzigd(topic, subject), version, NOW)
    return decode(made.headers, made.key, made.value)


async def store(proef: Proef, *rows: Fields) -> dict[UUID, Fields | None]:
    async def work(work: UnitOfWork) -> dict[UUID, Fields | None]:
        return dict(await STANDEN.store(work, rows))

    return await proef.executor("worker").execute(work, None)


def test_of_each_aggregate_the_newest_whatever_the_order() -> None:
    one, other = uuid4(), uuid4()
    messages = [told(version, who) for who in (one, other) for version in (1, 2, 3)]
    for seed in range(20):
        Random(seed).shuffle(messages)
        assert {(each.subject, each.version) for each in newest(messages)} == {(one, 3), (other, 3)}
    assert newest([]) == []


def test_ids_of_two_topics_are_two_aggregates() -> None:
    """Persons and signals count their versions apart, and nothing keeps an id of one from being that of the other."""
    same = uuid4()
    mixed = [told(1, same), told(2, same)._replace(event=gewijzigd("signaal", same))]
    assert len(newest(mixed)) == 2


async def test_a_version_that_is_absurdly_far_ahead_is_no_news(proef: Proef) -> None:
    """Once it were stored, every true one would be older for ever."""
    one, other = uuid4(), uuid4()
    await store(proef, {"id": one, "versie": 5, "status": "actief"})
    for far in ({"id": one, "versie": 5 + LARGEST_JUMP + 1}, {"id": other, "versie": LARGEST_JUMP + 1}):
        for absurd in (far, {**far, "versie": 2**62}):
            with pytest.raises(PoisonError):
                await store(proef, {**absurd, "status": "vernietigd"})
    assert await proef.rows("select versie, status from stand") == [(5, "actief")]
    await store(proef, {"id": one, "versie": 5 + LARGEST_JUMP, "status": "beeindigd"})
    assert await proef.rows("select status from stand") == ["beeindigd"]


async def test_what_is_newer_is_stored_and_says_what_it_was_before(proef: Proef) -> None:
    one, other = sorted([uuid4(), uuid4()])
    people = [uuid4(), uuid4()]
    first = {"id": one, "versie": 1, "status": "actief", "personen": people}
    assert await store(proef, first, {"id": other, "versie": 5, "status": "actief"}) == {one: None, other: None}
    later = {"id": one, "versie": 2, "status": "beeindigd", "personen": people[:1]}
    assert await store(proef, later) == {one: first}
    assert await proef.rows("select versie, status, personen from stand order by id") == [
        (2, "beeindigd", people[:1]),
        (5, "actief", None),
    ]


async def test_what_is_older_or_equal_changes_nothing(proef: Proef) -> None:
    one, new = uuid4(), uuid4()
    await store(proef, {"id": one, "versie": 2, "status": "nieuw"})
    for version in (1, 2):
        late = {"id": one, "versie": version, "status": "oud"}
        assert await store(proef, late, {"id": new, "versie": version, "status": "oud"}) == {
            new: None if version == 1 else {"id": new, "versie": 1, "status": "oud", "personen": None}
        }
    assert await proef.rows("select status from stand order by versie, status") == ["nieuw", "oud"]
    assert await store(proef) == {}


async def test_a_tombstone_stays(proef: Proef) -> None:
    """It is a row that names nothing else, so all else is gone; a late event does not bring it back."""
    one = uuid4()
    before = {"id": one, "versie": 3, "status": "actief", "personen": [uuid4()]}
    await store(proef, before)
    assert await store(proef, {"id": one, "versie": 7, "status": "vernietigd"}) == {one: before}
    assert await store(proef, {**before, "versie": 6}) == {}
    assert await proef.rows("select id, versie, status, personen from stand") == [(one, 7, "vernietigd", None)]


async def test_columns_are_known_by_the_names_that_the_code_has_for_them(proef: Proef) -> None:
    """A table whose own words are others (`version`, a reserved word) is addressed as all others are."""
    await proef.rows('create table vreemd ("offset" uuid primary key, version bigint not null, "order" text)')
    await proef.rows("grant select, insert, update on vreemd to proef_worker")
    try:
        vreemd = Projection(
            Table(
                "vreemd",
                MetaData(),
                Column("offset", Uuid, primary_key=True, key="id"),
                Column("version", BigInteger, key="versie"),
                Column("order", Text, key="soort"),
            )
        )
        one = uuid4()

        async def work(work: UnitOfWork, version: int) -> dict[UUID, Fields | None]:
            return dict(await vreemd.store(work, [{"id": one, "versie": version, "soort": "x"}]))

        executor = proef.executor("worker")
        assert await executor.execute(work, None, 1) == {one: None}
        assert await executor.execute(work, None, 2) == {one: {"id": one, "versie": 1, "soort": "x"}}
        assert await executor.execute(work, None, 2) == {}
    finally:
        await proef.rows("drop table vreemd")


async def test_whoever_comes_first_the_highest_version_stays(proef: Proef) -> None:
    """Two at once take their locks in one order, so neither is the other's deadlock, which would cost a try."""
    ids, runs = [uuid4() for _ in range(50)], 0

    async def work(work: UnitOfWork, version: int) -> None:
        nonlocal runs
        runs += 1
        shuffled = Random(version).sample(ids, len(ids))
        await STANDEN.store(work, [{"id": each, "versie": version, "status": "x"} for each in shuffled])

    executor = proef.executor("worker")
    await asyncio.gather(*(executor.execute(work, None, version) for version in range(1, 21)))
    assert runs == 20
    assert await proef.rows("select distinct versie from stand") == [20]
