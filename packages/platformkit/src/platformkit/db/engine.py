"""Engines: one per database role of a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic_core import from_json, to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def make_engine(url: str, *, pool: int, application: str) -> AsyncEngine:
    """An engine with at most `pool` connections. Statements are bounded, so that a lock that is never given up shows."""
    return create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=False,
        # Every event passes both: a third of what the standard library takes.
        json_serializer=_to_text,
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
            },
        },
    )


def _to_text(value: object) -> str:
    return to_json(value).decode()


@asynccontextmanager
async def opened(url: str, *, pool: int, application: str) -> AsyncIterator[AsyncEngine]:
    """An engine as of `make_engine` for as long as a component runs."""
    engine = make_engine(url, pool=pool, application=application)
    try:
        yield engine
    finally:
        await engine.dispose()


async def answers(engine: AsyncEngine) -> None:
    """Ask the database anything: what readiness wants to know. Raises what the driver raises when it is away."""
    async with engine.connect() as connection:
        await connection.execute(text("select 1"))
