"""Engines: one per database role of a process."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import asyncpg
from pydantic_core import from_json, to_json
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

# What runs again and again keeps the plans that it made when tables were empty, and would read them whole until the first
# statistics come: a minute of a full table's worth of rows for each batch.
_BY_INDEX = {"enable_seqscan": "off"}


def make_engine(url: str, *, pool: int, application: str, settings: Mapping[str, str] | None = None) -> AsyncEngine:
    """An engine with at most `pool` connections. Statements are bounded, so that a lock that is never given up shows.

    Args:
        url: the database, for one role.
        pool: the largest number of connections.
        application: the name under which PostgreSQL shows them.
        settings: of PostgreSQL, for these connections only.
    """
    engine = create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=False,
        # Every event passes both: a third of what the standard library takes.
        json_serializer=to_text,
        json_deserializer=from_json,
        hide_parameters=True,
        connect_args={
            "timeout": 5,
            "command_timeout": 60,
            "server_settings": {
                "application_name": application,
                "statement_timeout": "30000",
                "idle_in_transaction_session_timeout": "60000",
                "timezone": "UTC",
                **(settings or {}),
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _still_open)
    return engine


def _still_open(connection: Any, _record: object, _proxy: object) -> None:
    """The driver hears when a connection is closed: the pool makes a new one instead of handing that out."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Transactions:
    """Transactions that the driver begins and ends: by SQLAlchemy they cost nearly twice as much (ADR 0008)."""

    def __init__(self, engine: AsyncEngine) -> None:
        # So that SQLAlchemy begins none of its own.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction that is committed at the end, rolled back after an error.

        Raises:
            ConnectionResetError: the connection got lost.
        """
        async with self._engine.connect() as connection:
            below = driver(connection)
            transaction = below.transaction()
            over = False
            try:
                with noticing_loss(below):
                    await transaction.start()
                    try:
                        yield connection
                    except Exception:
                        # Its own failure would hide why, and make a try that must not be repeated look like an outage.
                        with suppress(Exception):
                            await transaction.rollback()
                            over = True
                        raise
                    await transaction.commit()
                    over = True
            finally:
                if not over:
                    # Cut off, nobody knows whether it still runs: whoever got this connection next would work inside of
                    # it, and what he commits would never be. Nor is a silent server asked to end it: that may take long.
                    below.terminate()


@contextmanager
def noticing_loss(below: "asyncpg.Connection[Any]") -> Iterator[None]:
    """A lost connection is a ConnectionResetError, thus transient (D5), in whatever form the driver says so.

    Raises:
        ConnectionResetError: the connection got lost.
    """
    try:
        yield
    except Exception as error:
        if below.is_closed():
            raise ConnectionResetError("the connection to the database got lost") from error
        raise


def driver(connection: AsyncConnection) -> "asyncpg.Connection[asyncpg.Record]":
    """The driver's connection below `connection`."""
    found: asyncpg.Connection[asyncpg.Record] = connection.sync_connection.connection.driver_connection  # type: ignore[union-attr, assignment]
    return found


def to_text(value: object) -> str:
    """A value as JSON."""
    return to_json(value).decode()


@asynccontextmanager
async def opened(url: str, *, pool: int, application: str) -> AsyncIterator[AsyncEngine]:
    """An engine as of `make_engine` for as long as a component runs that works in the background."""
    engine = make_engine(url, pool=pool, application=application, settings=_BY_INDEX)
    try:
        yield engine
    finally:
        await engine.dispose()


async def answers(engine: AsyncEngine) -> None:
    """Ask the database anything: what readiness wants to know. Raises what the driver raises when it is away."""
    async with engine.connect() as connection:
        await connection.execute(text("select 1"))
