"""Fixtures of platformkit's tests: the throwaway service `proef` with a database of its own, and Kafka topics."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from lokaal import testing
from lokaal.servers import postgres
from lokaal.stack import Stack
from platformkit import failpoints
from platformkit.db.database import Database
from platformkit.db.migrations import upgrade
from platformkit.testing import Issuer

sys.path.insert(0, str(Path(__file__).parent / "service"))

from proef.hulp import TABLES, Proef, free_port


@pytest.fixture(autouse=True)
def _failpoints_off() -> Iterator[None]:
    yield
    failpoints.arm("")


@pytest.fixture(scope="session")
def proef_addresses(servers: Stack) -> Mapping[str, str]:
    """The addresses of the throwaway service's migrated database, by role and for the superuser."""
    superuser = servers.addresses["postgres"]["superuser"]
    passwords = {role: uuid4().hex for role in postgres.ROLES}
    postgres.create_database(superuser, "proef", passwords)
    found = {role: postgres.role_dsn(superuser, "proef", role, passwords[role]) for role in postgres.ROLES}
    upgrade("proef", found["migrate"])
    return {**found, "superuser": testing.superuser(servers.addresses["postgres"], "proef")}


@pytest.fixture
async def proef(servers: Stack, proef_addresses: Mapping[str, str]) -> AsyncIterator[Proef]:
    """The throwaway service with empty tables."""
    databases = [
        Database(proef_addresses[role], pool=8, application=f"test-{role}")
        for role in ("api", "worker", "relay", "superuser")
    ]
    made = Proef(proef_addresses, *databases, testing.broker(servers.addresses))
    await made.rows(f"truncate {TABLES} restart identity")
    yield made
    for database in databases:
        await database.close()


@pytest.fixture
async def make_topic(servers: Stack) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Makes a topic of the test's own and gives its name."""
    client = AIOKafkaAdminClient(**testing.broker(servers.addresses).client())
    await client.start()

    async def make(partitions: int = 1, **settings: str) -> str:
        name = f"proef-{uuid4().hex[:12]}"
        configs = {key.replace("_", "."): value for key, value in settings.items()}
        await client.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
        return name

    yield make
    await client.close()


@pytest.fixture
async def topic(make_topic: Callable[..., Awaitable[str]]) -> str:
    """A topic with one partition."""
    return await make_topic()


@pytest.fixture
def start(proef: Proef) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts processes of the throwaway service; kills what still runs after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*words: str, **given: Any) -> "subprocess.Popen[bytes]":
        started.append(proef.start(*words, **given))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
async def issuer() -> AsyncIterator[tuple[Issuer, str]]:
    """The issuer behind a socket, and its address."""
    made, port = Issuer(), free_port()
    url = f"http://127.0.0.1:{port}"

    async def discovery(_request: object) -> JSONResponse:
        return JSONResponse({"issuer": url, "jwks_uri": f"{url}/jwks"})

    async def jwks(_request: object) -> JSONResponse:
        return JSONResponse({"keys": [key.as_dict(private=False) for key in made.keys]})

    app = Starlette(routes=[Route("/.well-known/openid-configuration", discovery), Route("/jwks", jwks)])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    serving = asyncio.create_task(server.serve())
    yield made, url
    server.should_exit = True
    await serving
