"""The one table of failures, and the one policy of trying again (D5)."""

import random
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

import asyncpg
import stamina
from aiokafka.errors import KafkaError
from redis.exceptions import DataError as RedisDataError
from redis.exceptions import RedisError

from platformkit.errors import TransientError

_FIRST, _MOST, _JITTER = 0.1, 5.0, 0.2
"""Seconds: the first pause, the longest one, and what is added by chance, so that not all come back at once."""

# The table of failures (D5). What PostgreSQL says, by SQLSTATE or its class, after which the same work may succeed:
# connection (also what a pooler between us makes of it), identity, resources, operator intervention, the system below it
# and the server itself; a server that became a standby, a database that is not there yet; the concurrency failures and the
# timeouts that end a session; and prepared statements of which the two sides have lost count. A transaction that failed
# before (25P02) is not here: who went on in it made a mistake.
_PASSING = (
    *("08", "28", "53", "57", "58", "XX"),
    *("25006", "3D000", "40001", "40003", "40P01", "55006", "55P03", "25P03", "25P04", "26000", "42P05"),
)
# Schema, table, column, type, function or grant missing, a type or an index that is another one: the migration has not run
# that the code counts on, or one ran that it does not know. Never the fault of what is being handled.
_UNREADY = ("3F000", "42P01", "42P10", "42501", "42703", "42704", "42804", "42883")
# After these no connection that there is may be used again: it leads to another server than it should, or to one that
# remembers something else of it than we do; and what was prepared keeps the types of its parameters, whatever they are now.
_STALE = ("08", "57P", "XX", "25006", "26000", "42P05", *_UNREADY)
# What Redis answers to our few commands is about Redis: it loads, is full, a replica, busy, or does not know us.
_AWAY = (TransientError, OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, KafkaError, RedisError)
# Mistakes that share a base class with an outage: trying again would go on for ever. The ValueError is asyncpg's for a
# value that does not fit its column.
_OURS = (
    ValueError,
    RedisDataError,
    FileNotFoundError,
    PermissionError,
    NotADirectoryError,
    IsADirectoryError,
    FileExistsError,
)


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later without any change to it."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_transient(each) for each in error.exceptions)
    if isinstance(error, asyncpg.PostgresError):
        # A statement whose plan a migration made invalid is prepared anew; any other 0A000 is ours.
        return isinstance(error, asyncpg.InvalidCachedStatementError) or _says(error, _PASSING)
    return isinstance(error, _AWAY) and not isinstance(error, _OURS)


def is_unready(error: BaseException) -> bool:
    """Whether the database lacks what the code counts on, so that nothing that is handled now can succeed."""
    return isinstance(error, asyncpg.PostgresError) and _says(error, _UNREADY)


def passes(error: BaseException) -> bool:
    """Whether it helps to wait, for it or for a migration. What does not pass is a mistake of ours, or poison."""
    return is_transient(error) or is_unready(error)


def is_stale(error: BaseException) -> bool:
    """Whether the connections to the database that there are would say the same again."""
    if isinstance(error, asyncpg.PostgresError):
        return _says(error, _STALE)
    return isinstance(error, asyncpg.InternalClientError)


def _says(error: asyncpg.PostgresError, states: tuple[str, ...]) -> bool:
    return (error.sqlstate or "").startswith(states)


class Patience:
    """What a loop that works by itself makes of a failure: it waits, ever longer, for what passes by itself or by a
    migration. Only what is our mistake ends it.
    """

    def __init__(self) -> None:
        self._pause = _FIRST

    def after(self, error: Exception) -> float:
        """The seconds to wait before the next turn; raises `error` when waiting does not help."""
        if not passes(error):
            raise error
        pause, self._pause = self._pause, min(2 * self._pause, _MOST)
        return pause + random.uniform(0.0, _JITTER)  # noqa: S311 -- chance, no secret

    def over(self) -> None:
        """It works (again)."""
        self._pause = _FIRST


def attempts(*, limit: int | None, seconds: float) -> AsyncIterator[AbstractContextManager[object]]:
    """Back off from 0.1 s to 5 s with jitter, for at most `limit` tries, until `seconds` after the first failed; only what
    is transient, or may pass with a migration.

    Raises:
        Exception: of the last try, when it is our mistake, or there may be no other.
    """
    return _Attempts(limit, seconds)


class _First(AbstractContextManager["_First"]):
    """The first try; keeps an error that may be worth another one."""

    error: Exception | None = None

    def __exit__(self, _type: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Exception) and passes(error):
            self.error = error
        return self.error is not None


class _Attempts(AsyncIterator[AbstractContextManager[object]]):
    """Asks the library only after a failure: it leaves rings of objects, one per batch and request, that only the garbage
    collector can undo, and with them what hangs on them; its pauses were the longest delays of a process.
    """

    def __init__(self, limit: int | None, seconds: float) -> None:
        self._limit, self._seconds = limit, seconds
        self._first: _First | None = None
        self._others: AsyncIterator[AbstractContextManager[object]] | None = None

    async def __anext__(self) -> AbstractContextManager[object]:
        if self._first is None:
            self._first = _First()
            return self._first
        if self._others is None:
            if self._first.error is None:
                raise StopAsyncIteration
            self._others = aiter(
                stamina.retry_context(
                    on=passes,
                    attempts=self._limit,
                    timeout=self._seconds,
                    wait_initial=_FIRST,
                    wait_max=_MOST,
                    wait_jitter=_JITTER,
                )
            )
            # The library counts it as the first, and so waits, or gives it back when that was the last.
            with await anext(self._others):
                raise self._first.error
        return await anext(self._others)
