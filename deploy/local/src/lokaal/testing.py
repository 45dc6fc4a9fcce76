"""What the tests of services take from the stack: real servers, started once per test run, and migrated databases."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from lokaal import paths, stack
from lokaal.servers.postgres import ROLES
from lokaal.stack import Stack
from lokaal.system import Form
from platformkit.broker import Broker
from platformkit.db.migrations import upgrade

PEILDATUM = datetime(2026, 11, 22, 9, tzinfo=UTC)
"""The moment at which the clock of the system tests stands at first: the persons' ages move with the clock."""
SERVERS = frozenset({"kafka", "postgres", "redis"})
_started: dict[str, Stack] = {}
versions_seen: set[str] = set()
"""The version lines of the servers that were started."""


def servers() -> Stack:
    """Kafka, PostgreSQL and Redis with every service's empty database; started at the first call."""
    return _running("servers", lambda run_dir: Stack(run_dir, parts=SERVERS))


def system(form: Form = "split") -> Stack:
    """The whole system, on the day that the test persons' ages are told for; started at the first call."""
    started = _running(form, lambda run_dir: Stack(run_dir, form))
    offset = (PEILDATUM - datetime.now(UTC)).total_seconds()
    Path(started.addresses["klok"]["bestand"]).write_text(f"{offset:.0f}\n")
    return started


@cache
def database(module: str, beside: str = "") -> Mapping[str, str]:
    """The addresses of a service's database, or of one that it has beside it, migrated to the newest revision: by role
    (`api`, `worker`, `relay`, `migrate`), and for the `superuser`, who sees and changes what nobody in the system can.
    """
    addresses = servers().addresses["postgres"]
    name = f"{module}_{beside}" if beside else module
    found: dict[str, str] = addresses[name]
    upgrade(module, found["migrate"], beside)
    return {**{role: found[role] for role in ROLES}, "superuser": superuser(addresses, name)}


def superuser(addresses: Mapping[str, str], database: str) -> str:
    """The address of a database for the cluster's superuser, of the `postgres` part of a stack's addresses."""
    return urlsplit(addresses["superuser"])._replace(path=f"/{database}").geturl()


def broker(addresses: Mapping[str, Any], user: str | None = None) -> Broker:
    """Kafka, of a stack's addresses, as a service or as the operator, who may do everything."""
    kafka = addresses["kafka"]
    user = user or kafka["operator"]
    return Broker(kafka["bootstrapServers"], user, SecretStr(kafka["passwords"][user]), Path(kafka["caFile"]))


def stop() -> None:
    """Stop what the calls above started."""
    while _started:
        _started.popitem()[1].stop()
    database.cache_clear()


def _running(name: str, make: Callable[[Path], Stack]) -> Stack:
    if name not in _started:
        run_dir = paths.run_dir() / f"tests-{name}"
        stack.down(run_dir)  # what a test run that was cut off has left
        made = make(run_dir)
        made.start()
        _started[name] = made
        versions_seen.update(made.addresses["versions"].values())
    return _started[name]
