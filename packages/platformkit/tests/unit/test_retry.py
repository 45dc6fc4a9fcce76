"""What is worth trying again (D5). The wrong answer loses a message, or stops a consumer for ever."""

import asyncio
import gc
import socket

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError
from asyncpg.exceptions import _base
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, ResponseError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from platformkit.errors import DomainError, TransientError
from platformkit.http.calls import UnansweredError
from platformkit.retry import attempts, is_transient, is_unready


def wrapped(error: Exception, *, invalidated: bool = False) -> DBAPIError:
    """As SQLAlchemy hands over an error of asyncpg."""
    adapted = Exception()
    adapted.__cause__ = error
    return DBAPIError("select", {}, adapted, connection_invalidated=invalidated)


PASSING = [
    asyncpg.DeadlockDetectedError(""),
    asyncpg.SerializationError(""),
    asyncpg.LockNotAvailableError(""),
    asyncpg.ConnectionDoesNotExistError(""),
    asyncpg.AdminShutdownError(""),
    asyncpg.CannotConnectNowError(""),
    asyncpg.TooManyConnectionsError(""),
    asyncpg.DiskFullError(""),
    asyncpg.QueryCanceledError(""),
    asyncpg.IdleInTransactionSessionTimeoutError(""),
    asyncpg.InvalidPasswordError(""),
    asyncpg.InvalidCatalogNameError(""),
    asyncpg.ReadOnlySQLTransactionError(""),
    asyncpg.InvalidCachedStatementError(""),
    asyncpg.TransactionTimeoutError(""),
    asyncpg.InterfaceError("connection is closed"),
]
LASTING = [
    asyncpg.UniqueViolationError(""),
    asyncpg.CheckViolationError(""),
    asyncpg.NumericValueOutOfRangeError(""),
    asyncpg.CharacterNotInRepertoireError(""),
    asyncpg.InFailedSQLTransactionError(""),
    asyncpg.FeatureNotSupportedError(""),
    asyncpg.PostgresSyntaxError(""),
    asyncpg.RaiseError(""),
    _base.DataError("a value that does not fit"),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_passes(error: Exception) -> None:
    assert is_transient(error)
    assert is_transient(wrapped(error))


@pytest.mark.parametrize("error", LASTING, ids=lambda error: type(error).__name__)
def test_what_lasts(error: Exception) -> None:
    assert not is_transient(error)
    assert not is_transient(wrapped(error))


def test_a_lost_connection_passes_whatever_it_says() -> None:
    assert is_transient(wrapped(asyncpg.PostgresSyntaxError(""), invalidated=True))


@pytest.mark.parametrize(
    "error",
    [
        TransientError("x"),
        ConnectionRefusedError(),
        ConnectionResetError(),
        BrokenPipeError(),
        socket.gaierror(),
        OSError("Multiple exceptions"),
        TimeoutError(),
        PoolTimeoutError(),
        UnansweredError("x"),
        KafkaConnectionError(),
        RedisConnectionError(),
        ReadOnlyError(),
        ExceptionGroup("", [TimeoutError(), TransientError("x")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_outages_elsewhere_pass(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        DomainError("x"),
        ValueError(),
        KeyError(),
        FileNotFoundError(),
        PermissionError(),
        UnicodeDecodeError("utf-8", b"", 0, 1, ""),
        ResponseError(),
        asyncio.CancelledError(),
        ExceptionGroup("", [TimeoutError(), ValueError()]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_mistakes_last(error: BaseException) -> None:
    assert not is_transient(error)


def test_a_database_that_is_not_ready_is_nobodys_poison() -> None:
    for error in (
        asyncpg.UndefinedTableError(""),
        asyncpg.UndefinedColumnError(""),
        asyncpg.InsufficientPrivilegeError(""),
    ):
        assert is_unready(wrapped(error))
        assert not is_transient(wrapped(error))
    assert not is_unready(wrapped(asyncpg.UniqueViolationError("")))


async def test_tries_are_counted_and_mistakes_are_not_tried_again() -> None:
    async def tries_of(error: Exception) -> int:
        tries = 0
        with pytest.raises(type(error)):  # noqa: PT012 - the loop is what is tried
            async for attempt in attempts(limit=3, seconds=30):
                with attempt:
                    tries += 1
                    raise error
        return tries

    assert await tries_of(TransientError("x")) == 3
    assert await tries_of(ValueError()) == 1


async def test_after_a_passing_failure_it_goes_on_and_ends() -> None:
    tries = 0
    async for attempt in attempts(limit=5, seconds=30):
        with attempt:
            tries += 1
            if tries < 3:
                raise TransientError("x")
    assert tries == 3


async def test_what_succeeds_at_once_leaves_nothing_to_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        async for attempt in attempts(limit=None, seconds=30):
            with attempt:
                pass
        assert gc.collect() == 0
    finally:
        gc.enable()
