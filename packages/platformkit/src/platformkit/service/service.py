"""What a service says of itself. Relay, consumer, jobs, migrations, health and commands follow from it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, FastAPI

from platformkit.db.context import DatabaseContext
from platformkit.executor.retelling import Retell
from platformkit.health import Heartbeat
from platformkit.http.app import Check, create_app
from platformkit.http.auth import TokenVerifier
from platformkit.http.namens import NamensReader, needs_reader, needs_signer
from platformkit.http.problems import Problem
from platformkit.messaging.consumer import Subscription
from platformkit.service.commands import Command
from platformkit.service.jobs import Job
from platformkit.service.process import Process
from platformkit.settings import ProcessSettings

S = TypeVar("S", bound=ProcessSettings)


def _none(_process: Process[Any]) -> tuple[()]:
    return ()


def _nothing(_process: Process[Any]) -> Mapping[str, Check]:
    return {}


@dataclass(frozen=True)
class Retelling(Generic[S]):
    """What a service can tell again, and as whom it reads that: a database role, with its context if it needs one."""

    retell: Callable[[Process[S]], Retell]
    role: str = "worker"
    context: DatabaseContext | None = None


@dataclass(frozen=True)
class Service(Generic[S]):
    """A declaration: the same words for every service.

    Each part is made for the process that it works in: `routers` for the API, `subscriptions` for the consumer, `jobs` for
    what it does by itself, `retelling` and `commands` for an operator.

    Args:
        name: as people write it, such as `brp-proxy`.
        settings: read once from the environment.
        description: of the API, in Dutch.
        problems: what the API can answer beside what every API can.
        databases: names of what it has beside its own database, each a database of its own with roles of its own, called
            `<module>_<name>`, with migrations in `adapters/db/<name>/migrations`.
        checks: what readiness asks beside whether the databases answer; each raises when what it asks is not well.
        fill: what stands in a new database beside its tables; called after each migration, as the owner.
        needs: by role (such as `jobs`) the settings of its own that have no default and that this role cannot do without.
    """

    name: str
    settings: type[S]
    description: str
    problems: Mapping[str, Problem] = field(default_factory=dict)
    databases: Sequence[str] = ()
    checks: Callable[[Process[S]], Mapping[str, Check]] = _nothing
    routers: Callable[[Process[S]], Sequence[APIRouter]] = _none
    subscriptions: Callable[[Process[S]], Sequence[Subscription]] = _none
    jobs: Callable[[Process[S]], Sequence[Job]] = _none
    retelling: Retelling[S] | None = None
    commands: Mapping[str, Command[S]] = field(default_factory=dict)
    fill: Callable[[Process[S]], Awaitable[object]] | None = None
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """The import name, which is also the name of the database."""
        return self.name.replace("-", "_")

    def not_set(self, settings: S, roles: Collection[str], database_roles: Collection[str]) -> list[str]:
        """Which settings that not every process needs are absent in one with these roles (D17)."""
        needed = [f"database_url_{role}" for role in database_roles]
        # What is beside it, consumer and relay do without: they have no address of it.
        used = {"api": "api", "jobs": "worker", "migrate": "migrate"}
        beside = {used[each] for each in (*roles, *database_roles) if each in used}
        needed += [f"database_url_{name}_{role}" for name in self.databases for role in sorted(beside)]
        if "api" in roles:
            needed += ["namens_sleutel"] * needs_signer(self.name) + ["namens_sleutels"] * needs_reader(self.name)
        if {"consumer", "relay"}.intersection(roles):
            needed += ["kafka_bootstrap", "kafka_user", "kafka_password"]
        needed += chain.from_iterable(self.needs.get(role, ()) for role in roles)
        return [name.upper() for name in needed if not getattr(settings, name)]

    def app(self, process: Process[S], heartbeat: Heartbeat) -> FastAPI:
        """The HTTP application; every service has one, to say how it is."""
        settings = process.settings
        return create_app(
            title=f"Verwijsindex: {self.name}",
            description=self.description,
            routers=self.routers(process),
            problems=self.problems,
            verifier=TokenVerifier(str(settings.oidc_issuer), self.name, process.http),
            namens=NamensReader(self.name, settings.namens_sleutels),
            heartbeat=heartbeat,
            checks={
                "database": process.database.answers,
                **{name: process.beside(name).answers for name in self.databases},
                **self.checks(process),
            },
        )
