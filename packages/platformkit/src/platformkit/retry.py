"""The one policy of trying again, and the one answer to "is this worth trying again?" (D5)."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import stamina
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from platformkit.errors import TransientError

# Classes of SQLSTATE after which the same transaction may succeed: connection, resources, operator intervention,
# system error, and the two concurrency failures with the lock timeout.
_TRANSIENT_CLASSES = ("08", "53", "57", "58")
_TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03", "25P02"})


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later without any change to it."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_transient(each) for each in error.exceptions)
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or isinstance(error, InterfaceError):
            return True
        cause = error.orig.__cause__ if error.orig is not None else None
        return cause is not None and is_transient(cause)
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state in _TRANSIENT_STATES or state.startswith(_TRANSIENT_CLASSES)
    return isinstance(
        error,
        TransientError
        | OSError
        | TimeoutError
        | PoolTimeoutError
        | asyncpg.InterfaceError
        | httpx.TransportError
        | KafkaError,
    )


def attempts(*, limit: int | None, seconds: float) -> AsyncIterator[stamina.Attempt]:
    """Back off from 0.1 s to 5 s with jitter, for at most `limit` tries within `seconds`; only what is transient."""
    return aiter(
        stamina.retry_context(
            on=_worth_retrying, attempts=limit, timeout=seconds, wait_initial=0.1, wait_max=5.0, wait_jitter=0.2
        )
    )


def _worth_retrying(error: Exception) -> bool:
    return is_transient(error)
