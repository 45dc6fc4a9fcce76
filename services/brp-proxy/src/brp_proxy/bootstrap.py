"""The one place where the parts of brp-proxy are put together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from brp_proxy.adapters.brp import BrpClient
from brp_proxy.adapters.db.levensloop import LevensloopOpslag
from brp_proxy.adapters.db.personen import PersonenOpslag
from brp_proxy.adapters.kluis import Kluis, Sleutels
from brp_proxy.adapters.signaal import SignaalClient
from brp_proxy.application.handlers.leases_nalopen import LeasesNalopenHandler
from brp_proxy.application.handlers.persoon_vastleggen import PersoonVastleggenHandler
from brp_proxy.application.handlers.republish import Republish, context
from brp_proxy.application.handlers.signalen_verwerken import SignalenVerwerkenHandler
from brp_proxy.entrypoints import jobs, kafka
from brp_proxy.entrypoints.http.problems import PROBLEMS
from brp_proxy.entrypoints.http.routes import router
from brp_proxy.settings import Settings
from platformkit import commands as commands_of
from platformkit import runtime
from platformkit.clock import today
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

SERVICE = "brp-proxy"
MODULE = "brp_proxy"
_BACKGROUND_POOL = 4


def components(settings: Settings) -> Mapping[str, Component]:
    """What a process of this service can run, by role."""

    async def consume(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async with opened(
            settings.database_url("worker"), pool=_BACKGROUND_POOL, application=f"{SERVICE}-consumer"
        ) as engine:
            executor = Executor(engine, settings.clock(), settings.source)
            subscriptions = kafka.subscriptions(SignalenVerwerkenHandler(LevensloopOpslag))
            consumer = Consumer(settings.kafka_bootstrap, engine, executor, settings.clock(), subscriptions)
            await consumer.run(stop, heartbeat)

    async def relay(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async with opened(
            settings.database_url("relay"), pool=_BACKGROUND_POOL, application=f"{SERVICE}-relay"
        ) as engine:
            await Relay(engine, settings.kafka_bootstrap, SERVICE).run(stop, heartbeat)

    async def work(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async with (
            opened(settings.database_url("worker"), pool=_BACKGROUND_POOL, application=f"{SERVICE}-jobs") as engine,
            Http() as client,
        ):
            tokens = ClientCredentials(client, str(settings.oidc_issuer), settings.client_id, settings.client_secret)
            executor = Executor(engine, settings.clock(), settings.source)
            signaal = SignaalClient(ServiceClient(client, str(settings.signaal_url), tokens))
            handler = LeasesNalopenHandler(signaal, executor, LevensloopOpslag, settings.clock())
            await runtime.together(jobs.leases(handler), sweeping(executor))(stop, heartbeat)

    return {
        "api": runtime.http(lambda heartbeat: make_app(settings, heartbeat), settings),
        "consumer": consume,
        "relay": relay,
        "jobs": work,
    }


def commands(settings: Settings) -> Mapping[str, Command]:
    """What an operator can start by hand."""
    clock = settings.clock()

    def personen(connection: AsyncConnection) -> PersonenOpslag:
        return PersonenOpslag(connection, _kluis(settings))

    # The api's role: the worker's cannot open a person's data.
    api, worker = (commands_of.executor(settings, role, SERVICE) for role in ("api", "worker"))
    reads = kafka.subscriptions(SignalenVerwerkenHandler(LevensloopOpslag))
    return {
        "republish": republish.command(MODULE, api, Republish(personen), lambda: context(today(clock))),
        "dead-letters": dead_letters_cli.command(MODULE, worker, reads, clock),
    }


def _kluis(settings: Settings) -> Kluis:
    if settings.sleutel_bestand is None:
        raise ValueError("SLEUTEL_BESTAND is not set")
    return Kluis(Sleutels.lees(settings.sleutel_bestand))


def make_app(settings: Settings, heartbeat: Heartbeat) -> FastAPI:
    """The HTTP application.

    Raises:
        OSError: the key file cannot be read.
        ValueError: a setting is missing, or the key file cannot be used.
    """
    kluis = _kluis(settings)
    engine = make_engine(settings.database_url("api"), pool=settings.database_pool, application=f"{SERVICE}-api")
    client = Http()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await client.close()
        await engine.dispose()

    app = create_app(
        title="Verwijsindex brp-proxy",
        description="Geeft diensten van de verwijsindex een verwijzing naar een jeugdige. Alleen voor diensten.",
        routers=[router],
        problems=PROBLEMS,
        verifier=TokenVerifier(str(settings.oidc_issuer), settings.oidc_audience, client),
        heartbeat=heartbeat,
        checks={"database": partial(answers, engine)},
        lifespan=lifespan,
    )
    app.state.persoon_vastleggen = PersoonVastleggenHandler(
        BrpClient(client, str(settings.brp_url), settings.brp_api_key),
        Executor(engine, settings.clock(), settings.source),
        lambda connection: PersonenOpslag(connection, kluis),
        settings.clock(),
    )
    return app


def migrate(settings: Settings) -> None:
    """Bring the database to the newest revision."""
    upgrade(MODULE, settings.database_url("migrate"))
