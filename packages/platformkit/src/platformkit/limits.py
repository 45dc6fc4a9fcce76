"""Budgets per caller, and turns, in Redis (D11): what it forgets of what was spent is asked from the database."""

import asyncio
import math
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from platformkit.errors import DomainError, TransientError
from platformkit.logging import get_logger

_SEED_SECONDS = 5
_SEED_PAUSE = 0.05
_SEED_TRIES = 40
_PATIENCE = 1.0
_TURN_SECONDS = 5
"""Longer than a request is answered."""
_TURN_PAUSE = 0.05
Spent = Callable[[], Awaitable[int]]

log = get_logger()


@dataclass(frozen=True)
class Budget:
    """At most `amount` in any `seconds`, by `name`; `problem` is the code of the refusal."""

    name: str
    amount: int
    seconds: int
    problem: str

    @property
    def item(self) -> RateLimitItem:
        """The limit in the library's terms."""
        return RateLimitItemPerSecond(self.amount, self.seconds, namespace=self.name)


class Budgets:
    """Counts what callers spend. Fails closed: without Redis nobody may."""

    def __init__(self, redis_url: str) -> None:
        # A connection that a restart of Redis closed is tried once more with a new one; silence is not waited for twice.
        again = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
        options: dict[str, Any] = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE, "retry": again}
        self._storage = RedisStorage(f"async+{redis_url}", implementation="redispy", **options)
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._redis: Redis = Redis.from_url(redis_url, **options)
        bridge: Any = self._storage.bridge
        self._counting: Redis = bridge.storage

    async def spend(self, budget: Budget, caller: str, spent: Spent) -> None:
        """Take one from the caller's budget. `spent` counts durably what was spent within the window, for when Redis lost it.

        Raises:
            DomainError: the budget is used up (`budget.problem`, with `retryAfter` in seconds).
            TransientError: Redis is away.
        """
        await self._guarded(budget, caller, spent, cost=1)

    async def require(self, budget: Budget, caller: str, spent: Spent) -> None:
        """As `spend`, without taking anything."""
        await self._guarded(budget, caller, spent, cost=0)

    async def _guarded(self, budget: Budget, caller: str, spent: Spent, *, cost: int) -> None:
        async with self._translated():
            await self._seeded(budget, caller, spent)
            ask = self._limiter.hit(budget.item, caller) if cost else self._limiter.test(budget.item, caller)
            if not await ask:
                free_at = (await self._limiter.get_window_stats(budget.item, caller)).reset_time
                raise DomainError(budget.problem, retryAfter=max(1, math.ceil(free_at - time.time())))

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[bool]:
        """Be the only one with `name` for as long as the block lasts, at most five seconds; whether somebody was before.

        Waits for who is. When Redis forgets, two may be there at once: what must not happen twice is the database's.

        Raises:
            TransientError: Redis is away.
        """
        mark, mine, waited = f"turn:{name}", secrets.token_hex(8), False
        async with self._translated():
            # The answer to having taken it may have been lost.
            while not (
                await self._redis.set(mark, mine, ex=_TURN_SECONDS, nx=True)
                or await self._redis.get(mark) == mine.encode()
            ):
                waited = True
                await asyncio.sleep(_TURN_PAUSE)
            # Who looked for what was done before the last one had done it, and came after it had gone, did not wait.
            waited = waited or bool(await self._redis.exists(f"{mark}:over"))
        try:
            yield waited
        finally:
            # What is not taken away, because Redis is, goes by itself.
            with suppress(RedisError):
                await self._redis.set(f"{mark}:over", 1, ex=_TURN_SECONDS)
                if await self._redis.get(mark) == mine.encode():
                    await self._redis.delete(mark)

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        try:
            yield
        except RedisError as error:
            log.warning("budgets_closed", error=type(error).__qualname__)
            await self._drop()
            raise TransientError("tijdelijk-niet-beschikbaar") from None

    async def _drop(self) -> None:
        """Whatever it said, the next one asks on a new connection: another server may be the primary now, and all that we
        have lead to the one that was (trap 16). Those in use find out for themselves.
        """
        for each in (self._redis, self._counting):
            with suppress(RedisError, OSError):
                await each.connection_pool.disconnect(inuse_connections=False)

    async def _seeded(self, budget: Budget, caller: str, spent: Spent) -> None:
        """Without the mark, Redis is new, flushed or was silent for a window: take over what the database knows.

        The mark stands only when that is done; until then every other request on this budget waits for it, because a
        burst right after a flush would else find an empty window.
        """
        mark = f"budget:{budget.name}:{caller}"
        for _ in range(_SEED_TRIES):
            if await self._redis.getex(mark, ex=budget.seconds) is not None:
                return
            if await self._redis.set(f"{mark}:seeding", 1, ex=_SEED_SECONDS, nx=True):
                try:
                    await self._seed(budget, caller, await spent())
                    await self._redis.set(mark, 1, ex=budget.seconds)
                finally:
                    await self._redis.delete(f"{mark}:seeding")
                return
            await asyncio.sleep(_SEED_PAUSE)
        raise TransientError("tijdelijk-niet-beschikbaar")

    async def _seed(self, budget: Budget, caller: str, before: int) -> None:
        if before:
            await self._limiter.hit(budget.item, caller, cost=min(before, budget.amount))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
        await self._counting.aclose()
