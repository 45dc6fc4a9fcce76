"""Budgets (D11): they stop, and losing Redis makes them stricter, never looser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit
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


class Door:
    """An address that leads to Redis. Who came in before it was `told` something gets that as the answer to everything."""

    def __init__(self, server: str) -> None:
        where = urlsplit(server)
        self._server = (where.hostname, where.port)
        self._password = where.password
        self._told: bytes | None = None
        self._came = 0
        self._before = 0

    @property
    def url(self) -> str:
        """Its own address."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def tell(self, answer: str, *, also: int = 0) -> None:
        """Answer so to who is there, and to so many who come next."""
        self._told, self._before = f"-{answer}\r\n".encode(), self._came + also

    async def __aenter__(self) -> "Door":
        self._opened = await asyncio.start_server(self._let_in, "127.0.0.1", 0)
        self._port = self._opened.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._opened.close()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._came += 1
        number = self._came
        there, onward = await asyncio.open_connection(*self._server)
        back = asyncio.create_task(_copy(there, writer))
        try:
            while head := await reader.readline():
                command = [head]
                for _ in range(int(head[1:])):
                    command.append(size := await reader.readline())
                    command.append(await reader.readexactly(int(size[1:]) + 2))
                if self._told is not None and number <= self._before:
                    writer.write(self._told)
                else:
                    onward.writelines(command)
        finally:
            back.cancel()
            for each in (writer, onward):
                each.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(65536):
        writer.write(some)


@pytest.mark.parametrize(
    "answer",
    [
        "READONLY You can't write against a read only replica.",
        "READONLY You can't write against a read only replica. script: 0123, on @user_script:1.",
        "ERR Error running script (call to f_01): @user_script:1: -READONLY You can't write against a read only replica.",
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "CLUSTERDOWN The cluster is down",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        "NOREPLICAS Not enough good replicas to write.",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        "NOAUTH Authentication required.",
        "WRONGPASS invalid username-password pair or user is disabled.",
        "NOPERM User default has no permissions to run the 'evalsha' command",
        "ERR max number of clients reached",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "EXECABORT Transaction discarded because of previous errors.",
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    ],
    ids=lambda answer: answer.partition(" ")[0],
)
async def test_whatever_the_server_says_that_was_the_primary_the_next_one_is_asked(
    servers: Stack, budget: Budget, answer: str
) -> None:
    """Its address leads to another one then; the connections that there are stay where they are."""
    async with Door(servers.addresses["redis"]) as door:
        budgets, ledger = Budgets(door.url), Ledger()
        # Several connections, on all of which the scripts are known.
        await asyncio.gather(*(may(budgets, budget, Ledger(), str(caller)) for caller in range(8)))
        assert await may(budgets, budget, ledger)
        door.tell(answer)
        closed = await asyncio.gather(
            *(may(budgets, budget, Ledger(), str(caller)) for caller in range(8)), return_exceptions=True
        )
        # A new connection may have been taken at once, which serves; what is refused is so as an outage.
        assert {type(each) for each in closed} <= {TransientError, bool}
        assert [await may(budgets, budget, ledger) for _ in range(3)] == [True, True, False]
        # Nor does it matter what the first new ones hear: the one after them is asked.
        door.tell(answer, also=2)
        for _ in range(3):
            with suppress(TransientError):
                assert not await may(budgets, budget, ledger)
        assert not await may(budgets, budget, ledger)
        await budgets.close()


async def test_a_server_that_forgot_the_scripts_is_taught_them(budgets: Budgets, budget: Budget, redis: Redis) -> None:
    ledger = Ledger()
    assert await may(budgets, budget, ledger)
    await redis.script_flush()
    assert [await may(budgets, budget, ledger) for _ in range(3)] == [True, True, False]


async def test_a_server_that_is_full_closes_the_budget_until_there_is_room(
    budgets: Budgets, budget: Budget, redis: Redis
) -> None:
    ledger = Ledger()
    assert await may(budgets, budget, ledger)
    await redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(TransientError):
            await may(budgets, budget, ledger)
    finally:
        await redis.config_set("maxmemory", "0")
    assert [await may(budgets, budget, ledger) for _ in range(3)] == [True, True, False]


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


async def test_a_turn_is_taken_one_at_a_time_and_tells_who_had_to_wait(budgets: Budgets, redis: Redis) -> None:
    name, there, waited = uuid4().hex, 0, []

    async def take() -> None:
        nonlocal there
        async with budgets.turn(name) as had_to_wait:
            waited.append(had_to_wait)
            assert there == 0
            there += 1
            await asyncio.sleep(0.01)
            there -= 1

    await asyncio.gather(*(take() for _ in range(5)))
    assert waited.count(False) == 1
    assert waited[0] is False
    async with budgets.turn(uuid4().hex) as other:
        assert other is False
    assert await redis.exists(f"turn:{name}") == 0


async def test_a_turn_ends_with_a_failure_and_after_who_never_gave_it_back(
    budgets: Budgets, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = uuid4().hex
    with pytest.raises(ValueError, match="mislukt"):
        async with budgets.turn(name):
            raise ValueError("mislukt")
    async with budgets.turn(name) as waited:
        assert waited is True, "somebody was there a moment ago, and may have done what is looked for"
        assert 0 < await redis.ttl(f"turn:{name}") <= 5
    monkeypatch.setattr(limits, "_TURN_SECONDS", 1)
    async with budgets.turn(name):
        async with budgets.turn(name) as waited:
            assert waited is True, "the first one's time is over"
            monkeypatch.undo()
        assert await redis.exists(f"turn:{name}") == 0


async def test_who_is_over_time_gives_back_nobody_elses_turn(budgets: Budgets, redis: Redis) -> None:
    name = uuid4().hex
    async with budgets.turn(name):
        await redis.set(f"turn:{name}", "another")
    assert await redis.get(f"turn:{name}") == b"another"


async def test_a_turn_fails_closed() -> None:
    nowhere = Budgets("redis://127.0.0.1:1/0")
    with pytest.raises(TransientError):
        async with nowhere.turn("x"):
            raise AssertionError
    await nowhere.close()
