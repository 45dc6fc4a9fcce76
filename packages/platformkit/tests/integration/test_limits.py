"""Budgets (D11): they stop, and losing Redis makes them stricter, never looser."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from lokaal.stack import Stack
from platformkit import limits
from platformkit.errors import DomainError, TransientError
from platformkit.limits import Budget, Budgets


@pytest.fixture
async def budgets(servers: Stack) -> AsyncIterator[Budgets]:
    made = Budgets(servers.addresses["redis"])
    yield made
    await made.close()


@pytest.fixture
async def redis(servers: Stack) -> AsyncIterator[Redis]:
    client = Redis.from_url(servers.addresses["redis"])
    yield client
    await client.aclose()


@pytest.fixture
def budget() -> Budget:
    return Budget(f"proef-{uuid4().hex}", 3, 60, "op")


class Ledger:
    """What the database knows was spent."""

    def __init__(self, spent: int = 0) -> None:
        self.amount = spent
        self.asked = 0
        self.away = False

    async def spent(self) -> int:
        self.asked += 1
        await asyncio.sleep(0.05)
        if self.away:
            raise TransientError("weg")
        return self.amount


async def may(budgets: Budgets, budget: Budget, ledger: Ledger, caller: str = "ik") -> bool:
    try:
        await budgets.spend(budget, caller, ledger.spent)
    except DomainError:
        return False
    ledger.amount += 1
    return True


async def test_a_budget_stops_and_says_when_it_goes_on(budgets: Budgets, budget: Budget) -> None:
    ledger = Ledger()
    assert [await may(budgets, budget, ledger) for _ in range(5)] == [True, True, True, False, False]
    with pytest.raises(DomainError, match="op") as refused:
        await budgets.spend(budget, "ik", ledger.spent)
    assert 1 <= refused.value.extra["retryAfter"] <= 60  # type: ignore[operator]
    assert ledger.asked == 1
    assert await may(budgets, budget, Ledger(), caller="een ander")


async def test_asking_without_spending_takes_nothing(budgets: Budgets, budget: Budget) -> None:
    ledger = Ledger()
    for _ in range(5):
        await budgets.require(budget, "ik", ledger.spent)
    assert [await may(budgets, budget, ledger) for _ in range(4)] == [True, True, True, False]
    with pytest.raises(DomainError):
        await budgets.require(budget, "ik", ledger.spent)


async def test_a_flush_opens_nothing(budgets: Budgets, budget: Budget, redis: Redis) -> None:
    ledger = Ledger()
    assert [await may(budgets, budget, ledger) for _ in range(2)] == [True, True]
    await redis.flushall()
    assert [await may(budgets, budget, ledger) for _ in range(2)] == [True, False]


async def test_a_burst_right_after_a_flush_opens_nothing(budgets: Budgets, budget: Budget, redis: Redis) -> None:
    ledger = Ledger(spent=2)
    await redis.flushall()
    allowed = await asyncio.gather(*(may(budgets, budget, ledger) for _ in range(20)))
    assert sum(allowed) == 1


async def test_a_database_that_does_not_answer_leaves_the_budget_closed(budgets: Budgets, budget: Budget) -> None:
    ledger = Ledger(spent=3)
    ledger.away = True
    for _ in range(2):
        with pytest.raises(TransientError):
            await may(budgets, budget, ledger)
    ledger.away = False
    assert not await may(budgets, budget, ledger)


async def test_a_redis_that_is_a_replica_now_is_left(budgets: Budgets, budget: Budget, redis: Redis) -> None:
    """After a fail-over the connections lead to the one that was the primary, and it takes no writes."""
    ledger = Ledger()
    assert await may(budgets, budget, ledger)
    before = await _connections(budgets)
    await redis.execute_command("REPLICAOF", "127.0.0.1", "1")
    try:
        with pytest.raises(TransientError):
            await may(budgets, budget, ledger)
    finally:
        await redis.execute_command("REPLICAOF", "NO", "ONE")
    assert [await may(budgets, budget, ledger) for _ in range(3)] == [True, True, False]
    assert not before & await _connections(budgets)


async def _connections(budgets: Budgets) -> set[int]:
    clients = (budgets._redis, budgets._counting)
    return {int(await client.execute_command("CLIENT", "ID")) for client in clients}


@pytest.mark.parametrize("stops", ["SIGKILL", "SIGSTOP"])
async def test_without_redis_nobody_may(servers: Stack, budget: Budget, stops: str) -> None:
    import signal
    import time

    budgets, ledger = Budgets(servers.addresses["redis"]), Ledger()
    assert await may(budgets, budget, ledger)
    if stops == "SIGKILL":
        await asyncio.to_thread(servers.kill, "redis")
    else:
        servers.signal("redis", signal.SIGSTOP)
    try:
        begin = time.monotonic()
        with pytest.raises(TransientError):
            await may(budgets, budget, ledger)
        assert time.monotonic() - begin < 3 * limits._PATIENCE
    finally:
        if stops == "SIGKILL":
            await asyncio.to_thread(servers.restart, "redis")
        else:
            servers.signal("redis", signal.SIGCONT)
    assert [await may(budgets, budget, ledger) for _ in range(3)] == [True, True, False]
    await budgets.close()
