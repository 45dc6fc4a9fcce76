"""Budgets per caller in Redis (D11): what Redis forgets is asked from the database, so losing it opens nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from platformkit.errors import DomainError, TransientError

Spent = Callable[[], Awaitable[int]]


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
        self._storage = RedisStorage(f"async+{redis_url}", implementation="redispy")
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._redis: Redis = Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1)

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
        try:
            await self._reseed(budget, caller, spent)
            ask = self._limiter.hit(budget.item, caller) if cost else self._limiter.test(budget.item, caller)
            if not await ask:
                raise DomainError(budget.problem, retryAfter=budget.seconds)
        except RedisError:
            raise TransientError("tijdelijk-niet-beschikbaar") from None

    async def _reseed(self, budget: Budget, caller: str, spent: Spent) -> None:
        """Without the mark, Redis is new, flushed or was silent for a window: take over what the database knows."""
        mark = f"budget:{budget.name}:{caller}"
        if await self._redis.set(mark, 1, ex=budget.seconds, nx=True):
            before = await spent()
            if before:
                await self._limiter.hit(budget.item, caller, cost=min(before, budget.amount))
        else:
            await self._redis.expire(mark, budget.seconds)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
