"""The declaration of match, and the only place where its parts are put together."""

from collections.abc import Sequence
from datetime import timedelta

from fastapi import APIRouter

from contracts.persoon import PersoonToestand
from contracts.signaal import SignaalToestand
from match.adapters.db.eigen_matches import PostgresEigenMatchRepository
from match.adapters.db.matches import PostgresMatchRepository
from match.adapters.db.projectie import PostgresProjectieRepository
from match.adapters.db.sleutels import PostgresSleutelRepository
from match.adapters.http.signaal import SignaalClient
from match.application.handlers.matches_tonen import MatchesTonen
from match.application.handlers.regiepartij_zoeken import RegiepartijZoeken
from match.application.handlers.republish import Republish
from match.application.handlers.verlopen import Verlopen
from match.application.handlers.verwerken import Verwerken
from match.application.ports import Opslag
from match.entrypoints.cli import generation
from match.entrypoints.http.matches import matches_router
from match.entrypoints.http.problems import PROBLEMS
from match.entrypoints.http.regie import regie_router
from match.settings import Settings
from platformkit.executor.retelling import Retell
from platformkit.messaging.consumer import Subscription
from platformkit.service import Command, Job, Process, Retelling, Service, every

OPSLAG = Opslag(PostgresSleutelRepository(), PostgresProjectieRepository(), PostgresMatchRepository())


def _routers(process: Process[Settings]) -> Sequence[APIRouter]:
    settings = process.settings
    signaal = SignaalClient(process.client(settings.signaal_url, seconds=settings.signaal_seconden))
    tonen = MatchesTonen(
        executor=process.executor,
        matches=PostgresEigenMatchRepository(),
        deelnemers=signaal,
        maanden=settings.beeindigd_maanden,
    )
    return [matches_router(tonen), regie_router(RegiepartijZoeken(process.executor, OPSLAG.projectie))]


def _subscriptions(_process: Process[Settings]) -> Sequence[Subscription]:
    # One handler for both topics, because either may arrive last (D4).
    handler = Verwerken(OPSLAG)
    return [
        Subscription("match.signaal", SignaalToestand.TOPIC, handler),
        Subscription("match.persoon", PersoonToestand.TOPIC, handler),
    ]


def _jobs(process: Process[Settings]) -> Sequence[Job]:
    pause = timedelta(seconds=process.settings.verlopen_seconden)
    return [every("matches_verlopen", pause, Verlopen(process.executor, OPSLAG))]


def _retell(_process: Process[Settings]) -> Retell:
    return Republish(OPSLAG)


SERVICE = Service(
    name="match",
    settings=Settings,
    description="De eigen matches van een professional, met de contactgegevens van de andere professional.",
    problems=PROBLEMS,
    routers=_routers,
    subscriptions=_subscriptions,
    jobs=_jobs,
    retelling=Retelling(_retell),
    commands={"generation": Command(generation(OPSLAG.matches), role="migrate")},
)
