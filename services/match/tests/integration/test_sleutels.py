"""The locks of `sleutels`, in the order that keeps two transactions from waiting for each other (ADR 0003)."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from match.adapters.db import sleutels
from match.adapters.db.sleutels import PostgresSleutelRepository
from platformkit.db.database import Database
from platformkit.db.statement import Row, Statement
from platformkit.errors import TransientError

SLEUTELS = PostgresSleutelRepository()


class Asked:
    """A unit of work that writes down what it is asked; others have made every key meanwhile, and it is gone by now."""

    def __init__(self) -> None:
        self.asked: list[tuple[Statement, Mapping[str, Any]]] = []

    async def rows(self, statement: Statement, **given: Any) -> list[Row]:
        self.asked.append((statement, given))
        return []


@pytest.mark.regel("D4")
async def test_a_key_that_others_made_and_took_away_starts_the_whole_transaction_again() -> None:
    with pytest.raises(TransientError):
        await SLEUTELS.jeugdigen(Asked(), [uuid4()])  # type: ignore[arg-type]


@pytest.mark.regel("D4")
async def test_keys_are_asked_for_in_the_order_of_their_ids() -> None:
    refs = sorted(uuid4() for _ in range(9))
    work = Asked()
    with pytest.raises(TransientError):
        await SLEUTELS.ouders(work, [*refs[::-1], *refs])  # type: ignore[arg-type]
    assert [given["id"] for _, given in work.asked] == [refs] * 3


@pytest.mark.regel("D4")
@pytest.mark.parametrize("statement", [sleutels._MAKEN, sleutels._WACHTEND, sleutels._METEEN])
async def test_keys_are_made_and_held_in_the_order_of_their_ids(worker: Database, statement: Statement) -> None:
    """Whatever the plan: an index would give them in that order by itself, which nobody promises."""
    refs: list[UUID] = sorted(uuid4() for _ in range(50))
    if statement is not sleutels._MAKEN:
        for ref in refs[::-1]:
            await worker.rows(sleutels._MAKEN, soort="ouder", id=[ref])
    async with worker.transaction() as connection:
        for way in ("seqscan = on", "indexscan = off", "indexonlyscan = off", "bitmapscan = off"):
            await connection.rows(Statement(text(f"set local enable_{way}")))
        gekregen = await connection.rows(statement, soort="ouder", id=refs[::-1])
    assert [rij.id for rij in gekregen] == refs


@pytest.mark.regel("D4")
async def test_what_is_asked_for_at_once_is_held_and_not_waited_for(worker: Database) -> None:
    ref = uuid4()
    await worker.rows(sleutels._MAKEN, soort="ouder", id=[ref])
    async with worker.transaction() as holder:
        assert len(await holder.rows(sleutels._METEEN, soort="ouder", id=[ref])) == 1
        async with asyncio.timeout(10):
            with pytest.raises(asyncpg.LockNotAvailableError):
                await worker.rows(sleutels._METEEN, soort="ouder", id=[ref])


@pytest.mark.regel("D4")
async def test_a_youth_and_a_parent_of_one_id_are_two_keys(worker: Database) -> None:
    ref = uuid4()
    await worker.rows(sleutels._MAKEN, soort="ouder", id=[ref])
    assert await worker.rows(sleutels._WACHTEND, soort="jeugdige", id=[ref]) == []
    assert len(await worker.rows(sleutels._MAKEN, soort="jeugdige", id=[ref])) == 1
