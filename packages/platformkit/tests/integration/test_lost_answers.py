"""A commit whose answer got lost (fault of the network at the worst moment): it is looked up, not done again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from asyncpg.transaction import Transaction
from proef.adapters.db.tables import ding
from proef.consuming import make, subscribed
from proef.events import NOW, gewijzigd
from proef.hulp import Proef, context
from sqlalchemy import BigInteger, Text, bindparam, cast, func, insert, select

from lokaal.stack import Stack
from platformkit.db.statement import Statement
from platformkit.envelope import Message
from platformkit.errors import TransientError
from platformkit.executor import UnitOfWork
from platformkit.executor import executor as executor_module
from platformkit.executor.ledger import Ledger
from platformkit.http import edge
from platformkit.messaging.replay import DeadLetters, Fate, Filter
from platformkit.testing import eventually_async, record

ME = uuid4()
WRITE = Statement(insert(ding).values(id=bindparam("id"), eigenaar=ME, gemeente="0392", tekst=""))
LOCK = Statement(select(func.pg_advisory_xact_lock(4711)))
NUMBER = Statement(select(cast(cast(func.pg_current_xact_id(), Text), BigInteger).label("number")))
Cut = Callable[[Transaction], Awaitable[None]]
_commit = Transaction.commit


class Handler:
    """Makes one thing each time that it runs, and gives its id."""

    def __init__(self) -> None:
        self.runs = 0
        self.counted: list[UUID] = []

    async def __call__(self, work: UnitOfWork) -> UUID:
        self.runs += 1
        made = uuid4()
        await work.execute(WRITE, id=made)
        work.emit(gewijzigd("persoon", made), version=1)
        work.after_commit(self.counted.append, made)
        return made


async def after_it(transaction: Transaction) -> None:
    """The server committed; nobody hears of it."""
    await _commit(transaction)
    transaction._connection.terminate()
    raise ConnectionResetError


async def before_it(transaction: Transaction) -> None:
    """The server never heard of it."""
    transaction._connection.terminate()
    raise ConnectionResetError


async def in_the_middle(transaction: Transaction) -> None:
    """The server is at it, and does not look whether somebody still listens."""
    asked = asyncio.ensure_future(_commit(transaction))
    await asyncio.sleep(0.1)  # not a wait: until it is sent
    assert not asked.done()
    transaction._connection.terminate()
    await asyncio.wait([asked])
    assert asked.exception()
    raise ConnectionResetError


@contextmanager
def cut(monkeypatch: pytest.MonkeyPatch, *where: Cut) -> Iterator[None]:
    """Cut off the first commits."""
    cuts = [*reversed(where)]

    async def commit(transaction: Transaction) -> None:
        await (cuts.pop() if cuts else _commit)(transaction)

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "commit", commit)
        yield
    assert not cuts


@pytest.fixture
async def slow_commits(proef: Proef) -> AsyncIterator[None]:
    """A commit waits for whoever holds the lock 4711."""
    await proef.rows(
        "create function wacht() returns trigger language plpgsql security definer"
        " as 'begin perform pg_advisory_xact_lock(4711); return null; end'"
    )
    await proef.rows(
        "create constraint trigger wacht after insert on ding deferrable initially deferred"
        " for each row execute function wacht()"
    )
    yield
    await proef.rows("drop trigger wacht on ding")
    await proef.rows("drop function wacht")


async def test_what_was_committed_is_not_done_again_and_gives_its_result(
    proef: Proef, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = Handler()
    with cut(monkeypatch, after_it):
        made = await proef.executor("api").execute(handler, context(ME))
    assert handler.runs == 1
    assert handler.counted == [made]
    assert await proef.rows("select id from ding") == [made]
    assert await proef.count("outbox") == 1


async def test_what_was_not_committed_is_done_again(proef: Proef, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler()
    with cut(monkeypatch, before_it):
        made = await proef.executor("api").execute(handler, context(ME))
    assert handler.runs == 2
    assert handler.counted == [made]
    assert await proef.rows("select id from ding") == [made]
    assert await proef.count("outbox") == 1


async def test_also_of_the_last_try_is_asked_what_became(proef: Proef, monkeypatch: pytest.MonkeyPatch) -> None:
    handler, tries = Handler(), executor_module._ATTEMPTS
    asked = 0
    became_of = Ledger.became_of

    async def noted(ledger: Ledger, transaction: str) -> str:
        nonlocal asked
        asked += 1
        return await became_of(ledger, transaction)

    monkeypatch.setattr(Ledger, "became_of", noted)
    # The server's answer to the question is no commit that the tries count.
    monkeypatch.setattr(executor_module, "_PATIENCE", 30.0)
    with cut(monkeypatch, *[each for _ in range(tries - 1) for each in (before_it, _commit)], after_it):
        made = await proef.executor("api").execute(handler, context(ME))
    assert (handler.runs, asked) == (tries, tries)
    assert await proef.rows("select id from ding") == [made]
    assert await proef.count("outbox") == 1


async def test_what_nobody_can_tell_of_is_not_done_again(proef: Proef, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler()

    async def away(_ledger: Ledger, _transaction: str) -> str:
        raise ConnectionRefusedError

    monkeypatch.setattr(executor_module, "_PATIENCE", 0.1)
    monkeypatch.setattr(Ledger, "became_of", away)
    with cut(monkeypatch, before_it), pytest.raises(TransientError):
        await proef.executor("api").execute(handler, context(ME))
    assert handler.runs == 1


def test_trying_and_asking_together_fit_in_a_request() -> None:
    """The pauses before other tries, and the longest asking with the pause that it began before its time was over."""
    trying, asking = 0.1 + 0.2, 1.5 + 1.6
    assert (executor_module._ATTEMPTS, executor_module._PATIENCE) == (3, 2.0)
    assert trying + asking < edge._ANSWER_SECONDS


@pytest.mark.usefixtures("slow_commits")
async def test_what_is_being_committed_is_waited_for(proef: Proef, monkeypatch: pytest.MonkeyPatch) -> None:
    handler, heard = Handler(), []
    became_of = Ledger.became_of

    async def noted(ledger: Ledger, transaction: str) -> str:
        heard.append(await became_of(ledger, transaction))
        return heard[-1]

    async def heard_often() -> bool:
        return heard.count("in progress") > 3

    monkeypatch.setattr(Ledger, "became_of", noted)
    async with proef.all_seeing.transaction() as holder:
        await holder.rows(LOCK)
        with cut(monkeypatch, in_the_middle):
            working = asyncio.create_task(proef.executor("api").execute(handler, context(ME)))
            await eventually_async(heard_often)
        assert not working.done()
    made = await working
    assert handler.runs == 1
    assert await proef.rows("select id from ding") == [made]


async def test_what_a_crash_of_the_server_undid_is_done_again(
    proef: Proef, servers: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives out the number of such a transaction again: what became of that one says nothing of ours."""
    numbers: list[int] = []

    async def handler(work: UnitOfWork) -> UUID:
        numbers.append(await work.value(NUMBER))
        return await Handler()(work)

    async def crash(transaction: Transaction) -> None:
        servers.kill("postgres")
        await asyncio.to_thread(servers.restart, "postgres")
        while (await proef.all_seeing.rows(NUMBER))[0].number < numbers[0]:
            pass
        await before_it(transaction)

    with cut(monkeypatch, crash):
        made = await proef.executor("api").execute(handler, context(ME))
    assert await proef.rows("select id from ding") == [made]
    assert len(numbers) == 2


async def test_what_the_database_never_tells_is_an_outage(proef: Proef, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler()
    monkeypatch.setattr(executor_module, "_PATIENCE", 0.3)

    async def in_progress(_ledger: Ledger, _transaction: str) -> str:
        return "in progress"

    monkeypatch.setattr(Ledger, "became_of", in_progress)
    with cut(monkeypatch, after_it), pytest.raises(TransientError):
        await proef.executor("api").execute(handler, context(ME))
    assert handler.runs == 1
    assert handler.counted == []


async def test_a_replay_says_handled_and_not_gone(proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = True

    async def handler(_work: UnitOfWork, _messages: Sequence[Message]) -> None:
        if broken:
            raise ValueError

    subscription, worker = subscribed(topic, handler), proef.executor("worker")
    await make(proef, topic, handler).handle(subscription, [record(gewijzigd(topic, uuid4()), 1, NOW)])
    letters, broken = DeadLetters(worker, [subscription]), False
    (letter,) = await letters.find(Filter())
    with cut(monkeypatch, after_it):
        replayed = await letters.replay(letter.id, "beheerder")
    assert replayed.fate is Fate.HANDLED
    assert await proef.count("dead_letter") == 0
    assert await proef.rows("select outcome from audit") == ["handled"]
    assert (await letters.replay(letter.id, "beheerder")).fate is Fate.GONE
