"""The only composition root: from settings to the components of a process."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

from kanalen.email import SmtpPool
from notificatie.adapters.db.repository import SqlNotificaties
from notificatie.adapters.meldadressen import SignaalMeldadressen
from notificatie.adapters.teksten import JinjaTeksten
from notificatie.application.bezorgen import Bezorger
from notificatie.application.handlers.match_verwerken import MatchVerwerken
from notificatie.entrypoints.http.app import make_app
from notificatie.entrypoints.jobs import Backlog, Delivery
from notificatie.entrypoints.kafka.subscriptions import subscriptions
from notificatie.settings import Settings
from platformkit import commands as commands_of
from platformkit.clock import SystemClock
from platformkit.commands import Command
from platformkit.db.engine import make_engine, opened
from platformkit.db.migrations import upgrade
from platformkit.executor import Executor
from platformkit.health import Heartbeat
from platformkit.http.calls import Http
from platformkit.http.client import ClientCredentials, ServiceClient
from platformkit.messaging import dead_letters_cli
from platformkit.messaging.consumer import Consumer, Subscription
from platformkit.outbox.relay import Relay
from platformkit.runtime import Component, every, http, together
from platformkit.sweep import sweeping

SERVICE = "notificatie"
_MEASURE = timedelta(seconds=5)


def components(settings: Settings) -> Mapping[str, Component]:
    """The roles of this service."""

    async def consume(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        url, pool = settings.database_url("worker"), settings.database_pool
        async with opened(url, pool=pool, application="notificatie-consumer") as engine:
            executor = Executor(engine, settings.clock(), settings.source)
            consumer = Consumer(settings.kafka_bootstrap, engine, executor, settings.clock(), _reads())
            await consumer.run(stop, heartbeat)

    async def relay(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async with opened(settings.database_url("relay"), pool=2, application="notificatie-relay") as engine:
            await Relay(engine, settings.kafka_bootstrap, SERVICE).run(stop, heartbeat)

    async def jobs(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        settings.require_sender()
        async with AsyncExitStack() as at_end:
            executor = await _worker(settings, at_end)
            bezorger = await _bezorger(settings, executor, at_end)
            delivery = Delivery(bezorger, settings.smtp_connections).run
            backlog = every("backlog", _MEASURE, Backlog(bezorger).measure)
            await together(delivery, backlog, sweeping(executor))(stop, heartbeat)

    return {
        "api": http(lambda heartbeat: make_app(str(settings.oidc_issuer), settings.oidc_audience, heartbeat), settings),
        "consumer": consume,
        "relay": relay,
        "jobs": jobs,
    }


async def _worker(settings: Settings, at_end: AsyncExitStack) -> Executor:
    engine = make_engine(settings.database_url("worker"), pool=settings.database_pool, application="notificatie-jobs")
    at_end.push_async_callback(engine.dispose)
    return Executor(engine, settings.clock(), settings.source)


async def _bezorger(settings: Settings, executor: Executor, at_end: AsyncExitStack) -> Bezorger:
    client = await at_end.enter_async_context(Http())
    tokens = ClientCredentials(client, str(settings.oidc_issuer), settings.client_id, settings.client_secret)
    email = SmtpPool(settings.smtp, settings.smtp_connections)
    at_end.push_async_callback(email.close)
    return Bezorger(
        executor=executor,
        notificaties=SqlNotificaties(),
        meldadressen=SignaalMeldadressen(ServiceClient(client, str(settings.signaal_url), tokens)),
        email=email,
        teksten=JinjaTeksten(str(settings.portaal_url)),
        machine=SystemClock(),
        domein=settings.mail_domein,
        lease=timedelta(seconds=settings.bezorg_lease_seconden),
    )


def commands(settings: Settings) -> Mapping[str, Command]:
    """What an operator can start by hand."""
    worker = commands_of.executor(settings, "worker", SERVICE)
    return {"dead-letters": dead_letters_cli.command(SERVICE, worker, _reads(), settings.clock())}


def _reads() -> Sequence[Subscription]:
    return subscriptions(MatchVerwerken(SqlNotificaties(), SystemClock()))


def migrate(settings: Settings) -> None:
    """Bring the database to the newest revision."""
    upgrade(SERVICE, settings.database_url("migrate"))
