"""The one policy of trying again, and the one answer to "is this worth trying again?" (D5)."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

import asyncpg
import stamina
from aiokafka.errors import KafkaError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from platformkit.errors import TransientError

# Classes of SQLSTATE after which the same transaction may succeed: connection, identity, resources, operator
# intervention, system error; the two concurrency failures, the lock timeout, the timeouts that end a session, a
# database that is not there yet, and a server that became a standby.
_TRANSIENT_CLASSES = ("08", "28", "53", "57", "58")
_TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03", "25P03", "25P04", "3D000", "25006"})
# Table, column or grant missing: a migration that has not run, never the fault of what is being handled.
_UNREADY_STATES = frozenset({"42P01", "42703", "42501"})
_AWAY = (
    TransientError,
    OSError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    KafkaError,
    RedisConnectionError,
    RedisTimeoutError,
    ReadOnlyError,
)
# Mistakes that share a base class with an outage: trying again would go on for ever. The ValueError is asyncpg's for a
# value that does not fit its column.
_OURS = (
    ValueError,
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
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = _cause(error)
    if isinstance(cause, asyncpg.PostgresError):
        state = cause.sqlstate or ""
        # A statement whose plan a migration made invalid is prepared anew; any other 0A000 is ours.
        if isinstance(cause, asyncpg.InvalidCachedStatementError):
            return True
        return state in _TRANSIENT_STATES or state.startswith(_TRANSIENT_CLASSES)
    return isinstance(cause, _AWAY) and not isinstance(cause, _OURS)


def is_unready(error: BaseException) -> bool:
    """Whether the database lacks what the code counts on, so that nothing that is handled now can succeed."""
    cause = _cause(error)
    return isinstance(cause, asyncpg.PostgresError) and cause.sqlstate in _UNREADY_STATES


def _cause(error: BaseException) -> BaseException:
    """The driver's error below one of SQLAlchemy."""
    if isinstance(error, DBAPIError) and error.orig is not None and error.orig.__cause__ is not None:
        return error.orig.__cause__
    return error


def attempts(*, limit: int | None, seconds: float) -> AsyncIterator[AbstractContextManager[object]]:
    """Back off from 0.1 s to 5 s with jitter, for at most `limit` tries, until `seconds` after the first failed; only what
    is transient.
    """
    return _Attempts(limit, seconds)


class _First(AbstractContextManager["_First"]):
    """The first try; keeps an error that may be worth another one."""

    error: Exception | None = None

    def __exit__(self, _type: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Exception) and is_transient(error):
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
                    on=_worth_retrying,
                    attempts=self._limit,
                    timeout=self._seconds,
                    wait_initial=0.1,
                    wait_max=5.0,
                    wait_jitter=0.2,
                )
            )
            # The library counts it as the first, and so waits, or gives it back when that was the last.
            with await anext(self._others):
                raise self._first.error
        return await anext(self._others)


def _worth_retrying(error: Exception) -> bool:
    return is_transient(error)
