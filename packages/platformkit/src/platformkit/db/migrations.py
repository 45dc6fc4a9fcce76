"""Alembic, driven from code: `python -m <service> migrate` brings a database to the newest revision."""

import asyncio
import traceback
from functools import partial
from importlib.resources import files
from pathlib import Path

import asyncpg
from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

_LOCK = 7_283_045


class MigrationError(Exception):
    """It failed because of `cause`, the driver's error or ours, in the migration that `where` names; nothing was kept."""

    def __init__(self, where: str, cause: BaseException) -> None:
        super().__init__(where)
        self.where = where
        self.cause = cause


def upgrade(package: str, url: str, database: str = "") -> None:
    """Run the migrations of `package` on the database at `url`: those in its `adapters/db/migrations`, or of a database
    that it has beside its own in `adapters/db/<database>/migrations`.

    Safe to run by several processes at once: they take turns.

    Raises:
        MigrationError: also when a table was not free within five seconds, because of a dump; nothing is done then.
    """
    try:
        command.upgrade(config(package, url, database), "head")
    except Exception as error:
        below = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else None
        raise MigrationError(_where(error), below or error) from None


def _where(error: Exception) -> str:
    """The name of the migration's file."""
    frames = (Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__))
    return next((file.stem for file in frames if file.parent.name == "versions"), "before any")


def config(package: str, url: str, database: str = "") -> Config:
    """Alembic's configuration for `package`."""
    made = Config()
    where = Path(str(files(package))) / "adapters" / "db" / database / "migrations"
    made.set_main_option("script_location", str(where))
    made.attributes["url"] = url
    return made


def engine(url: str) -> AsyncEngine:
    """SQLAlchemy's engine for `url`, which the driver reads itself: SQLAlchemy does not know what it says of TLS."""
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=partial(asyncpg.connect, url), poolclass=NullPool, hide_parameters=True
    )


def run_env(metadata: MetaData) -> None:
    """The body of each service's `env.py`."""
    asyncio.run(_run(metadata))


async def _run(metadata: MetaData) -> None:
    made = engine(context.config.attributes["url"])
    try:
        async with made.connect() as connection:
            await connection.run_sync(_migrate, metadata)
            await connection.commit()
    finally:
        await made.dispose()


def _migrate(connection: Connection, metadata: MetaData) -> None:
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    # Whoever waits for a table holds up all who come after; behind a long dump, for as long as that takes.
    connection.execute(text("set local lock_timeout = '5s'"))
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
