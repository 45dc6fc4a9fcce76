"""The only composition root: which adapter stands behind which port, in which process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from match.adapters.db import generatie
from match.adapters.db.lezen import DatabaseLezen
from match.adapters.db.opslag import opslag
from match.adapters.http.signaal import SignaalClient
from match.application.handlers.matches_tonen import MatchesTonen
from match.application.handlers.republish import Republish
from match.application.handlers.verlopen import Verlopen
from match.application.handlers.verwerken import Verwerken
from match.entrypoints import cli
from match.entrypoints.http.matches import matches_router
from match.entrypoints.http.problems import PROBLEMS
from match.entrypoints.kafka import subscriptions
from match.settings import Settings
from platformkit import commands as commands_of
from platformkit import runtime
from platformkit.clock import Clock
from platformkit.commands import Command
from platformkit.db.engine import answers, make_engine, opened
from platformkit.db.migrations import upgrade
from platformkit.executor import Executor
from platformkit.health import Heartbeat
from platformkit.http.app import create_app
from platformkit.http.auth import TokenVerifier
from platformkit.http.calls import Http
from platformkit.http.client import ClientCredentials, ServiceClient
from platformkit.messaging import dead_letters_cli
from platformkit.messaging.consumer import Consumer
from platformkit.outbox import republish
from platformkit.outbox.relay import Relay
from platformkit.runtime import Component
from platformkit.sweep import sweeping

SERVICE = "match"


def components(settings: Settings) -> Mapping[str, Component]:
    """The processes of this service by role."""
    clock = settings.clock()

    async def relay(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async with opened(
            settings.database_url("relay"), pool=settings.database_pool, application="match-relay"
        ) as engine:
            await Relay(engine, settings.kafka_bootstrap, SERVICE).run(stop, heartbeat)

    async def consumer(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async with opened(
            settings.database_url("worker"), pool=settings.database_pool, application="match-worker"
        ) as engine:
            executor = Executor(engine, clock, settings.source)
            reads = subscriptions(Verwerken(opslag))
            await Consumer(settings.kafka_bootstrap, engine, executor, clock, reads).run(stop, heartbeat)

    async def jobs(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async with opened(
            settings.database_url("worker"), pool=settings.database_pool, application="match-worker"
        ) as engine:
            executor = Executor(engine, clock, settings.source)
            pause = timedelta(seconds=settings.verlopen_seconden)
            verlopen = runtime.every("matches_verlopen", pause, Verlopen(executor, opslag))
            await runtime.together(verlopen, sweeping(executor))(stop, heartbeat)

    return {
        "api": runtime.http(lambda heartbeat: make_app(settings, clock, heartbeat), settings),
        "consumer": consumer,
        "relay": relay,
        "jobs": jobs,
    }


def commands(settings: Settings) -> Mapping[str, Command]:
    """What an operator can start by hand."""
    worker = commands_of.executor(settings, "worker", SERVICE)

    async def raise_generation() -> int:
        async with opened(settings.database_url("migrate"), pool=1, application="match-command") as engine:
            return await generatie.verhoog(engine)

    return {
        "republish": republish.command(SERVICE, worker, Republish(opslag)),
        "dead-letters": dead_letters_cli.command(SERVICE, worker, subscriptions(Verwerken(opslag)), settings.clock()),
        "generation": cli.generation(raise_generation),
    }


def migrate(settings: Settings) -> None:
    """Bring the database to the newest revision."""
    upgrade(SERVICE, settings.database_url("migrate"))


def make_app(settings: Settings, clock: Clock, heartbeat: Heartbeat) -> FastAPI:
    """The API. Must be called inside the event loop that will serve it."""
    engine = make_engine(settings.database_url("api"), pool=settings.database_pool, application="match-api")
    client = Http()
    tokens = ClientCredentials(client, str(settings.oidc_issuer), settings.client_id, settings.client_secret)
    signaal = ServiceClient(client, str(settings.signaal_url), tokens, seconds=settings.signaal_seconden)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await client.close()
            await engine.dispose()

    return create_app(
        title="Verwijsindex: match",
        description="De eigen matches van een professional, met de contactgegevens van de andere professional.",
        routers=[
            matches_router(
                MatchesTonen(
                    executor=Executor(engine, clock, settings.source),
                    clock=clock,
                    lezen=DatabaseLezen(),
                    signaal=SignaalClient(signaal),
                )
            )
        ],
        problems=PROBLEMS,
        verifier=TokenVerifier(str(settings.oidc_issuer), settings.oidc_audience, client),
        heartbeat=heartbeat,
        checks={"database": partial(answers, engine)},
        lifespan=lifespan,
    )
