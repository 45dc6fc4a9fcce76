"""Reads the databases as their superuser, and all the mail: what the front doors do not show."""

import asyncio
from datetime import datetime
from typing import Any

import asyncpg
from driver import Driver

from lokaal.testing import superuser


def rows(driver: Driver, database: str, query: str, *arguments: object) -> list[asyncpg.Record]:
    """What a superuser sees; row-level security shows the services' own roles less."""

    async def ask() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(superuser(driver.addresses["postgres"], database), timeout=10)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    return asyncio.run(ask())


def mailbox(driver: Driver, since: datetime) -> list[dict[str, Any]]:
    """Every mail that the mail server took since then."""
    asked = {"sinds": since.isoformat(), "limiet": 10_000}
    return driver.http.get(f"{driver.addresses['mail']['inbox']}/api/berichten", params=asked).json()["items"]


def notification_of(mail: dict[str, Any]) -> str:
    """The id of the notification that a mail is about: the left side of its Message-ID."""
    return str(mail.get("messageId") or "").strip("<>").partition("@")[0]
