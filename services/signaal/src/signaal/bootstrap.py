"""The only composition root: which adapter stands behind which port, in which process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from fastapi import FastAPI

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
from platformkit.http.limits import Budget, Budgets
from platformkit.messaging import dead_letters_cli
from platformkit.messaging.consumer import Consumer
from platformkit.outbox import republish
from platformkit.outbox.relay import Relay
from platformkit.runtime import Component
from platformkit.settings import Profile
from platformkit.sweep import sweeping
from signaal.adapters.brp_proxy import BrpProxy
from signaal.adapters.db import startdata
from signaal.adapters.db.deelnemers import DeelnemerRepository
from signaal.adapters.db.lezen import DatabaseLezen
from signaal.adapters.db.signalen import SignaalRepository
from signaal.application.budgetten import Budgetten
from signaal.application.handlers.contactgegevens_geven import ContactgegevensGevenHandler
from signaal.application.handlers.meldadres_geven import MeldadresGevenHandler
from signaal.application.handlers.professional_toelaten import ProfessionalToelatenHandler
from signaal.application.handlers.republish import Republish
from signaal.application.handlers.signaal_afgeven import SignaalAfgevenHandler
from signaal.application.handlers.signaal_afsluiten import SignaalAfsluitenHandler
from signaal.application.handlers.signalen_laten_verlopen import SignalenLatenVerlopenHandler
from signaal.application.vragers import Accounts
from signaal.entrypoints import jobs
from signaal.entrypoints.http.deelnemers import deelnemers_router
from signaal.entrypoints.http.diensten import diensten_router
from signaal.entrypoints.http.problems import PROBLEMS
from signaal.entrypoints.http.signalen import signalen_router
from signaal.settings import Settings

SERVICE = "signaal"
_MAILBOXES = "postvak.test"


def components(settings: Settings) -> Mapping[str, Component]:
    """The processes of this service by role."""
    clock = settings.clock()

    async def relay(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async with opened(
            settings.database_url("relay"), pool=settings.database_pool, application="signaal-relay"
        ) as engine:
            await Relay(engine, settings.kafka_bootstrap, SERVICE).run(stop, heartbeat)

    async def consumer(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        # Nothing to read yet: what topic `persoon` tells us is handled with the life of a youth (moves, 23, death).
        async with opened(
            settings.database_url("worker"), pool=settings.database_pool, application="signaal-worker"
        ) as engine:
            executor = Executor(engine, clock, settings.source)
            await Consumer(settings.kafka_bootstrap, engine, executor, clock, ()).run(stop, heartbeat)

    async def sweep(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async with opened(
            settings.database_url("worker"), pool=settings.database_pool, application="signaal-worker"
        ) as engine:
            executor = Executor(engine, clock, settings.source)
            verlopen = SignalenLatenVerlopenHandler(executor=executor, signalen=SignaalRepository())
            pause = timedelta(seconds=settings.verlopen_seconden)
            await runtime.together(jobs.verlopen(verlopen, pause), sweeping(executor))(stop, heartbeat)

    return {
        "api": runtime.http(lambda heartbeat: make_app(settings, clock, heartbeat), settings),
        "consumer": consumer,
        "relay": relay,
        "jobs": sweep,
    }


def commands(settings: Settings) -> Mapping[str, Command]:
    """What an operator can start by hand."""
    worker = commands_of.executor(settings, "worker", SERVICE)
    return {
        "republish": republish.command(SERVICE, worker, Republish(SignaalRepository())),
        "dead-letters": dead_letters_cli.command(SERVICE, worker, (), settings.clock()),
    }


def migrate(settings: Settings) -> None:
    """Bring the database to the newest revision and load the start data."""
    url = settings.database_url("migrate")
    upgrade(SERVICE, url)
    at_home = settings.profiel is not Profile.PRODUCTION
    startdata.load(url, coordinator_domain=_MAILBOXES if at_home else None)


def make_app(settings: Settings, clock: Clock, heartbeat: Heartbeat) -> FastAPI:
    """The API. Must be called inside the event loop that will serve it."""
    engine = make_engine(settings.database_url("api"), pool=settings.database_pool, application="signaal-api")
    client = Http()
    budgets = Budgets(settings.redis_url.get_secret_value())
    executor = Executor(engine, clock, settings.source)
    lezen = DatabaseLezen(executor, clock)
    accounts = Accounts(lezen)
    signalen = SignaalRepository()
    deelnemers = DeelnemerRepository()
    tokens = ClientCredentials(client, str(settings.oidc_issuer), settings.client_id, settings.client_secret)
    proxy = ServiceClient(client, str(settings.brp_proxy_url), tokens, seconds=settings.brp_proxy_seconds)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await budgets.close()
            await client.close()
            await engine.dispose()

    return create_app(
        title="Verwijsindex: signaal",
        description="Signalen afgeven, lezen en afsluiten; organisaties en professionals.",
        routers=[
            signalen_router(
                clock=clock,
                accounts=accounts,
                lezen=lezen,
                afgeven=SignaalAfgevenHandler(
                    executor=executor,
                    clock=clock,
                    accounts=accounts,
                    budgetten=_budgetten(settings, budgets, lezen),
                    personen=BrpProxy(proxy, seconds=settings.brp_proxy_seconds),
                    signalen=signalen,
                    lezen=lezen,
                ),
                afsluiten=SignaalAfsluitenHandler(
                    executor=executor, clock=clock, accounts=accounts, signalen=signalen, lezen=lezen
                ),
            ),
            deelnemers_router(
                lezen=lezen,
                toelaten=ProfessionalToelatenHandler(executor=executor, clock=clock, deelnemers=deelnemers),
            ),
            diensten_router(
                accounts=accounts,
                lezen=lezen,
                contactgegevens=ContactgegevensGevenHandler(
                    executor=executor, clock=clock, accounts=accounts, deelnemers=deelnemers
                ),
                meldadres=MeldadresGevenHandler(
                    executor=executor, clock=clock, signalen=signalen, deelnemers=deelnemers
                ),
            ),
        ],
        problems=PROBLEMS,
        verifier=TokenVerifier(str(settings.oidc_issuer), settings.oidc_audience, client),
        heartbeat=heartbeat,
        checks={"database": partial(answers, engine)},
        lifespan=lifespan,
    )


def _budgetten(settings: Settings, budgets: Budgets, lezen: DatabaseLezen) -> Budgetten:
    return Budgetten(
        budgets,
        lezen,
        Budget("signalen", settings.verzoeken_aantal, settings.verzoeken_seconden, "te-veel-verzoeken"),
        Budget(
            "onbekende-bsns",
            settings.onbekende_bsns_aantal,
            settings.onbekende_bsns_seconden,
            "te-veel-onbekende-bsns",
        ),
    )
