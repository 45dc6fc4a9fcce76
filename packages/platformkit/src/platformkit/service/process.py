"""What the parts of one process, or of one role in it, are made of: opened when it begins, closed when it ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
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
    async with AsyncExitStack() as at_end:
        database = Database(
            settings.database_url(role), pool=pool or settings.database_pool, application=f"{service}-{part}"
        )
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
        )
