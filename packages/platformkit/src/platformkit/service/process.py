"""What the parts of one process, or of one role in it, are made of: opened when it begins, closed when it ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import AnyUrl

from platformkit.clock import Clock
from platformkit.db.database import Database
from platformkit.executor import Executor
from platformkit.http.calls import Http
from platformkit.http.client import ClientCredentials, ServiceClient
from platformkit.http.namens import NamensSigner
from platformkit.settings import ProcessSettings

S = TypeVar("S", bound=ProcessSettings)


@dataclass(frozen=True)
class Process(Generic[S]):
    """Nothing in it connects before it is used."""

    settings: S
    clock: Clock
    database: Database
    executor: Executor
    http: Http
    _tokens: ClientCredentials
    _signer: NamensSigner
    _at_end: AsyncExitStack
    _open: Callable[[str], Database]
    _beside: dict[str, Database] = field(default_factory=dict)

    def beside(self, name: str) -> Database:
        """A database that the service has beside its own (`Service.databases`), as the same role.

        What is done there is a transaction of its own: no outbox, no audit log. A failure in the middle of a handler is
        one of the handler, so it is tried again with it.

        Raises:
            ValueError: its address for that role is not set.
        """
        if name not in self._beside:
            self._beside[name] = made = self._open(name)
            self.at_end(made.close)
        return self._beside[name]

    async def answers(self) -> None:
        """Ask of each database that this process uses whether it takes writes.

        Raises:
            Exception: as `Database.answers`.
        """
        for each in (self.database, *self._beside.values()):
            await each.answers()

    def client(self, url: AnyUrl | None, *, seconds: float = 5.0) -> ServiceClient:
        """A client of another service, with this service's own identity; `seconds` is for each try of a call.

        Raises:
            ValueError: its address is not set.
        """
        if url is None:
            raise ValueError("the address of another service is not set")
        return ServiceClient(self.http, str(url), self._tokens, self._signer, seconds=seconds)

    def at_end(self, close: Callable[[], Awaitable[object]]) -> None:
        """Call `close` when the process ends, before what it may use is closed."""
        self._at_end.push_async_callback(close)


@asynccontextmanager
async def opened(
    settings: S, *, service: str, role: str, part: str, pool: int | None = None, clock: Clock | None = None
) -> AsyncIterator[Process[S]]:
    """The process of `service` that works as `part`, such as `jobs`, with the database role `role`.

    `clock` in the place of the one that the settings say is for tests.

    Raises:
        ValueError: the address of the database for that role is not set.
    """

    def of(name: str) -> Database:
        """With as many connections as the first: a handler may need one of each at once."""
        url = settings.database_url(role, name)
        return Database(url, pool=pool or settings.database_pool, application=f"{service}-{part}")

    async with AsyncExitStack() as at_end:
        database = of("")
        at_end.push_async_callback(database.close)
        http = await at_end.enter_async_context(Http())
        told = clock or settings.clock()
        yield Process(
            settings=settings,
            clock=told,
            database=database,
            executor=Executor(database, told, f"{settings.source}:{service}"),
            http=http,
            _tokens=ClientCredentials(http, str(settings.oidc_issuer), service, settings.client_secret),
            _signer=NamensSigner(service, settings.namens_sleutel),
            _at_end=at_end,
            _open=of,
        )
