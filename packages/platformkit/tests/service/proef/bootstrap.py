"""The declaration of the throwaway service: the wiring that a service needs, and no more."""

from collections.abc import Sequence

from fastapi import APIRouter

from platformkit.executor.retelling import Retell
from platformkit.messaging.consumer import Subscription
from platformkit.service import Job, Process, Retelling, Service
from proef.dingen import Opnieuw, make_router
from proef.gezien import Onthouden
from proef.settings import Settings
from proef.taken import TAKEN, telt


def _routers(process: Process[Settings]) -> Sequence[APIRouter]:
    return [make_router(process.executor, process.settings)]


def _subscriptions(process: Process[Settings]) -> Sequence[Subscription]:
    settings = process.settings
    return [Subscription(settings.groep, settings.topic, Onthouden(settings))]


def _jobs(process: Process[Settings]) -> Sequence[Job]:
    taken = process.settings.taken
    return [telt(process.executor)] if taken == "telt" else TAKEN[taken]


def _opnieuw(process: Process[Settings]) -> Retell:
    return Opnieuw(process.settings.topic)


SERVICE = Service(
    name="proef",
    settings=Settings,
    description="Proef",
    routers=_routers,
    subscriptions=_subscriptions,
    jobs=_jobs,
    retelling=Retelling(_opnieuw),
)
