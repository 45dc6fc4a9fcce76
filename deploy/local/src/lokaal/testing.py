"""What the tests of services take from the stack: real servers, started once per test run, and migrated databases."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import httpx

from lokaal import paths, stack
from lokaal.servers.postgres import ROLES
from lokaal.stack import Stack
from lokaal.system import Form
from platformkit.db.migrations import upgrade
from platformkit.http.calls import Answer, Http, UnansweredError

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
def database(module: str) -> Mapping[str, str]:
    """The addresses of a service's database by role (`api`, `worker`, `relay`, `migrate`), migrated to the newest revision."""
    found: dict[str, str] = servers().addresses["postgres"][module]
    upgrade(module, found["migrate"].replace("postgresql://", "postgresql+asyncpg://", 1))
    return {role: found[role] for role in ROLES}


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


class Pretended(Http):
    """Calls that `answer` answers, so that no other process is needed. A transport error of httpx is silence."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]) -> None:
        super().__init__()
        self._answer = answer

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        seconds: float = 5.0,
    ) -> Answer:
        try:
            said = self._answer(httpx.Request(method, url, headers=headers, content=content))
            if not isinstance(said, httpx.Response):
                said = await said
        except httpx.TransportError as error:
            raise UnansweredError(type(error).__qualname__) from None
        return Answer(said.status_code, said.headers, said.content)
