"""The one way to the database: transactions and single statements, on a pool of connections of the driver.

Time limits and plans are settings of the database's roles (deploy/postgres/database.sql): what a client says at the start
of a connection, PgBouncer refuses or drops (trap 22).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeAlias

import asyncpg
from opentelemetry import metrics
from pydantic_core import from_json
from sqlalchemy import func, select

from platformkit.db.statement import Row, Statement
from platformkit.errors import ConstraintError
from platformkit.retry import is_stale, is_transient

# Seconds: to get a connection, new or from the pool, and for a statement whose answer never comes.
_PATIENCE, _SILENCE = 5.0, 60.0
_READ_ONLY = Statement(select(func.current_setting("transaction_read_only").label("setting")))
_unusable = metrics.get_meter("platformkit").create_counter("database.unusable", unit="{attempt}")
_Driver: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Row]"


class SwallowedError(Exception):
    """A statement failed and its transaction with it; who caught that and went on would hear of a commit that is none."""


class Connection:
    """A connection inside a transaction. `failed` when a statement did, which ends all that the transaction can do."""

    def __init__(self, below: _Driver) -> None:
        self._below = below
        self.failed = False

    async def rows(self, statement: Statement, **given: object) -> list[Row]:
        """The rows that `statement` gives, with its parameters by name.

        Raises:
            ConnectionResetError: the connection got lost.
            ConstraintError: a row was refused.
            KeyError, TypeError: a parameter is missing, or of a name that the statement does not have.
        """
        arguments = statement.arguments(given)
        with _translated(self):
            found: list[Row] = await self._below.fetch(statement.text, *arguments)
        return found

    async def execute(self, statement: Statement, **given: object) -> int:
        """The number of rows that were inserted, changed or removed.

        Raises:
            ConnectionResetError, ConstraintError, KeyError, TypeError: as `rows`.
        """
        arguments = statement.arguments(given)
        with _translated(self):
            done: str = await self._below.execute(statement.text, *arguments)
        return int(done.rpartition(" ")[2])


class Database:
    """The database as one of its roles: at most `pool` connections, made when they are needed.

    Args:
        url: `postgresql://role:password@host:port/database`.
        pool: the largest number of connections.
        application: the name under which PostgreSQL shows them.
    """

    def __init__(self, url: str, *, pool: int, application: str) -> None:
        self._url = url
        self._size = pool
        self._application = application
        self._made: asyncpg.Pool[Row] | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction that is committed at the end, rolled back after an error.

        Raises:
            ConnectionResetError: the connection got lost before, at or after the commit.
            OSError, asyncpg.PostgresError: there was none to be had (a TimeoutError: in five seconds).
            ConstraintError: a row was refused at the commit.
            SwallowedError: a statement failed, and the block went on as if it had not.
        """
        async with self._connection() as below:
            transaction, made = below.transaction(), Connection(below)
            with _translated(made):
                await transaction.start()
            try:
                yield made
                if made.failed:
                    raise SwallowedError
            except Exception:
                # Its own failure would hide why, and make a try that must not be repeated look like an outage.
                with suppress(Exception):
                    await transaction.rollback()
                raise
            with _translated(made):
                await transaction.commit()

    async def rows(self, statement: Statement, **given: object) -> list[Row]:
        """As `Connection.rows`, in a transaction of its own.

        Raises:
            ConnectionResetError, ConstraintError, KeyError, TypeError: as there.
            OSError, asyncpg.PostgresError: there was no connection to be had.
        """
        async with self._connection() as below:
            return await Connection(below).rows(statement, **given)

    async def execute(self, statement: Statement, **given: object) -> int:
        """As `Connection.execute`, in a transaction of its own.

        Raises:
            OSError, asyncpg.PostgresError, ConstraintError, KeyError, TypeError: as `rows`.
        """
        async with self._connection() as below:
            return await Connection(below).execute(statement, **given)

    async def answers(self) -> None:
        """Ask whether it takes writes: what readiness wants to know, and what is asked of every process all the time.

        Raises:
            asyncpg.ReadOnlySQLTransactionError: it takes none, as a standby.
            Exception: what the driver raises when the database is away, or gives no connection.
        """
        try:
            async with self._connection() as below:
                (found,) = await Connection(below).rows(_READ_ONLY)
                if found.setting != "off":
                    raise asyncpg.ReadOnlySQLTransactionError("the database takes no writes")
        except Exception as error:
            _unusable.add(1, {"application": self._application, "error": type(error).__qualname__})
            raise

    async def close(self) -> None:
        """Close the connections; those in use are waited for, but not for long."""
        made, self._made = self._made, None
        if made is not None:
            try:
                await asyncio.wait_for(made.close(), _PATIENCE)
            except TimeoutError:
                made.terminate()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Driver]:
        pool = self._made
        if pool is None:
            # At the first use: it belongs to the loop that runs then.
            self._made = pool = asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=self._size,
                record_class=Row,
                connect=_connect,
                init=_prepare,
                # Nothing of ours outlives its transaction, so there is nothing to reset: a trip less per transaction. One
                # that did not end for whatever reason the driver still rolls back.
                reset=_nothing,
                timeout=_PATIENCE,
                command_timeout=_SILENCE,
                server_settings={"application_name": self._application, "timezone": "UTC"},
            )
            await pool
        async with pool.acquire(timeout=_PATIENCE) as below:
            try:
                yield below
            except Exception as error:
                if is_stale(error):
                    # Such as: another server is the primary now, and all that we have lead to the one that was (trap 16).
                    await pool.expire_connections()
                raise
            except (asyncio.CancelledError, GeneratorExit):
                # Cut off: the pool would ask the server to end what runs, which a silent one may take long for.
                with suppress(asyncpg.InterfaceError):  # the pool did, when it got lost
                    below.terminate()
                raise


async def _connect(*where: Any, **how: Any) -> "asyncpg.Connection[Row]":
    """A new connection. That there is none is an outage, also where the reason would be a mistake of ours elsewhere: a
    certificate that has expired, a socket that is not there, a firewall, a database that is closed for a while.
    """
    try:
        made: asyncpg.Connection[Row] = await asyncpg.connect(*where, **how)
    except (OSError, asyncpg.PostgresError) as error:
        if is_transient(error):
            raise
        raise ConnectionRefusedError("no connection to the database") from error
    return made


async def _prepare(connection: Any) -> None:
    """jsonb as the values that it holds. Statements write it as text already."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda text: b"\x01" + text.encode(),
        decoder=lambda raw: from_json(raw[1:]),
    )


async def _nothing(_connection: object) -> None:
    pass


@contextmanager
def _translated(connection: Connection) -> Iterator[None]:
    """The driver's errors as far as they are ours to tell; whether others are worth another try: `platformkit.retry`.

    A lost connection is a ConnectionResetError, thus transient (D5), in whatever form the driver says so.
    """
    try:
        yield
    except Exception as error:
        connection.failed = True
        if isinstance(error, asyncpg.IntegrityConstraintViolationError):
            raise ConstraintError(error.constraint_name or "") from None
        if _is_closed(connection._below):  # noqa: SLF001 -- a part of it
            raise ConnectionResetError("the connection to the database got lost") from error
        raise


def _is_closed(below: _Driver) -> bool:
    try:
        return bool(below.is_closed())
    except asyncpg.InterfaceError:  # the pool took it back when it got lost
        return True
