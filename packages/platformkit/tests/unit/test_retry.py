"""What is worth trying again (D5). The wrong answer loses a message, or stops a consumer for ever."""

import asyncio
import gc
import socket
import ssl
from itertools import pairwise

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError
from asyncpg.exceptions import _base
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import DataError as RedisDataError

from platformkit.errors import DomainError, TransientError
from platformkit.http.calls import UnansweredError
from platformkit.retry import Patience, attempts, is_stale, is_transient, is_unready

PASSING = [
    asyncpg.DeadlockDetectedError(""),
    asyncpg.SerializationError(""),
    asyncpg.StatementCompletionUnknownError(""),
    asyncpg.LockNotAvailableError(""),
    asyncpg.ObjectInUseError(""),
    asyncpg.ConnectionDoesNotExistError(""),
    asyncpg.ProtocolViolationError(""),
    asyncpg.AdminShutdownError(""),
    asyncpg.CrashShutdownError(""),
    asyncpg.CannotConnectNowError(""),
    asyncpg.TooManyConnectionsError(""),
    asyncpg.DiskFullError(""),
    asyncpg.OutOfMemoryError(""),
    asyncpg.PostgresIOError(""),
    asyncpg.InternalServerError(""),
    asyncpg.DataCorruptedError(""),
    asyncpg.QueryCanceledError(""),
    asyncpg.IdleInTransactionSessionTimeoutError(""),
    asyncpg.InvalidPasswordError(""),
    asyncpg.InvalidAuthorizationSpecificationError(""),
    asyncpg.InvalidCatalogNameError(""),
    asyncpg.ReadOnlySQLTransactionError(""),
    asyncpg.InvalidCachedStatementError(""),
    asyncpg.InvalidSQLStatementNameError(""),
    asyncpg.DuplicatePreparedStatementError(""),
    asyncpg.TransactionTimeoutError(""),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError(""),
    asyncpg.ProtocolError(""),
    asyncpg.OutdatedSchemaCacheError(""),
    asyncpg.TargetServerAttributeNotMatched(""),
]
STALE = {
    "ReadOnlySQLTransactionError",
    "ConnectionDoesNotExistError",
    "ProtocolViolationError",
    "AdminShutdownError",
    "CrashShutdownError",
    "CannotConnectNowError",
    "InternalServerError",
    "DataCorruptedError",
    "InvalidSQLStatementNameError",
    "DuplicatePreparedStatementError",
    "InternalClientError",
    "ProtocolError",
    "OutdatedSchemaCacheError",
    "TargetServerAttributeNotMatched",
}
LASTING = [
    asyncpg.UniqueViolationError(""),
    asyncpg.CheckViolationError(""),
    asyncpg.NumericValueOutOfRangeError(""),
    asyncpg.CharacterNotInRepertoireError(""),
    asyncpg.InFailedSQLTransactionError(""),
    asyncpg.FeatureNotSupportedError(""),
    asyncpg.PostgresSyntaxError(""),
    asyncpg.RaiseError(""),
    asyncpg.ClientConfigurationError(""),
    _base.DataError("a value that does not fit"),
]
UNREADY = [
    asyncpg.UndefinedTableError(""),
    asyncpg.UndefinedColumnError(""),
    asyncpg.UndefinedFunctionError(""),
    asyncpg.UndefinedObjectError(""),
    asyncpg.InvalidSchemaNameError(""),
    asyncpg.InvalidColumnReferenceError(""),
    asyncpg.DatatypeMismatchError(""),
    asyncpg.InsufficientPrivilegeError(""),
]


def name(error: object) -> str:
    return type(error).__name__


@pytest.mark.parametrize("error", PASSING, ids=name)
def test_what_passes(error: Exception) -> None:
    assert is_transient(error)
    assert not is_unready(error)


@pytest.mark.parametrize("error", PASSING, ids=name)
def test_after_what_no_connection_is_used_again(error: Exception) -> None:
    assert is_stale(error) == (name(error) in STALE)


@pytest.mark.parametrize("error", LASTING, ids=name)
def test_what_lasts(error: Exception) -> None:
    assert not is_transient(error)
    assert not is_unready(error)
    assert not is_stale(error)


@pytest.mark.parametrize("error", UNREADY, ids=name)
def test_a_database_that_is_not_ready_is_nobodys_poison(error: Exception) -> None:
    assert is_unready(error)
    assert not is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        TransientError("x"),
        ConnectionRefusedError(),
        ConnectionResetError(),
        BrokenPipeError(),
        socket.gaierror(),
        ssl.SSLEOFError(),
        OSError("Multiple exceptions"),
        TimeoutError(),
        UnansweredError("x"),
        KafkaConnectionError(),
        RedisConnectionError(),
        ReadOnlyError(),
        BusyLoadingError(),
        MasterDownError(""),
        ClusterDownError(""),
        OutOfMemoryError(),
        AuthenticationError(),
        ResponseError("BUSY Redis is busy running a script."),
        ResponseError("NOREPLICAS Not enough good replicas to write."),
        ExceptionGroup("", [TimeoutError(), TransientError("x")]),
    ],
    ids=name,
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
        RedisDataError(),
        asyncio.CancelledError(),
        ExceptionGroup("", [TimeoutError(), ValueError()]),
    ],
    ids=name,
)
def test_mistakes_last(error: BaseException) -> None:
    assert not is_transient(error)


def test_who_works_by_himself_waits_ever_longer_for_what_passes_and_ends_by_a_mistake() -> None:
    patience = Patience()
    pauses = [patience.after(each) for each in (TimeoutError(), asyncpg.UndefinedTableError(""), *6 * [TimeoutError()])]
    assert all(2 * one < two + 0.4 for one, two in pairwise(pauses[:6]))
    assert 5 <= pauses[-1] < 5.3
    patience.over()
    assert patience.after(TimeoutError()) < 0.4
    with pytest.raises(ZeroDivisionError):
        patience.after(ZeroDivisionError())


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
