"""The scheduler of a simulation. Who goes on at every await is drawn from the seed; time is a number.

A task is a coroutine that yields what it wants: None (another turn), a float (to sleep until then) or anything with an
attribute `klaar` (to wait for it). Nothing here or above it uses a real clock, a real socket or asyncio.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context, copy_context
from random import Random
from types import coroutine
from typing import Any, Protocol

_STERF = object()
_PER_BEURT = 0.001


class Klaar(Protocol):
    """Something to wait for."""

    @property
    def klaar(self) -> bool: ...


class Voorwaarde:
    """Waits for whatever a function says."""

    def __init__(self, vraag: Callable[[], bool]) -> None:
        self._vraag = vraag

    @property
    def klaar(self) -> bool:
        return self._vraag()


class VastgelopenError(Exception):
    """Nobody can go on, or it never ends."""


class Proces:
    """Tasks that live and die together."""

    def __init__(self, naam: str) -> None:
        self.naam = naam
        self.leeft = True
        self.stil_tot = 0.0
        """A paused process (SIGSTOP, a long garbage collection) does nothing before then."""


class Taak:
    """A coroutine with a context of its own, as asyncio gives each task one."""

    __slots__ = ("context", "naam", "proces", "wens", "werk")

    def __init__(self, naam: str, werk: Coroutine[Any, Any, None], proces: Proces) -> None:
        self.naam = naam
        self.werk = werk
        self.proces = proces
        self.context: Context = copy_context()
        self.wens: Any = None

    def kan(self, tijd: float) -> bool:
        """Whether it can go on now."""
        wens = self.wens
        if self.proces.stil_tot > tijd:
            return False
        return wens is None or (wens <= tijd if wens.__class__ is float else wens.klaar)

    @property
    def wekker(self) -> float:
        """Until when it sleeps, or its process is paused."""
        slaapt_tot = self.wens if self.wens.__class__ is float else 0.0
        return max(slaapt_tot, self.proces.stil_tot)


class Planner:
    """Gives the turns."""

    def __init__(self, kans: Random, volharding: float) -> None:
        """`volharding`: how often the same task goes on; 0 interleaves finely, 0.9 lets one run far ahead."""
        self._kans = kans
        self._volharding = volharding
        self._taken: list[Taak] = []
        self._laatste: Taak | None = None
        self.tijd = 0.0
        self.nu = ""
        """The name of the task whose turn it is."""

    def start(self, naam: str, werk: Coroutine[Any, Any, None], proces: Proces) -> None:
        """Let `werk` run among the others."""
        self._taken.append(Taak(naam, werk, proces))

    def tot(self, klaar: Callable[[], bool], beurten: int) -> None:
        """Give turns until `klaar`.

        Raises:
            VastgelopenError: it took more than `beurten`, or everybody waits for each other.
            Exception: whatever a task raised.
        """
        for _ in range(beurten):
            if klaar():
                return
            self._beurt()
        raise VastgelopenError(f"no end after {beurten} turns: {self._stand()}")

    def dood(self, proces: Proces) -> None:
        """Kill -9: none of its tasks goes on, and nobody tells the database."""
        proces.leeft = False
        weg = [taak for taak in self._taken if taak.proces is proces]
        self._taken = [taak for taak in self._taken if taak.proces is not proces]
        for taak in weg:
            taak.context.run(taak.werk.close)

    def ruim_op(self) -> None:
        """Close what is left."""
        for taak in self._taken:
            taak.context.run(taak.werk.close)
        self._taken.clear()

    def _beurt(self) -> None:
        taak = self._gekozen()
        if taak is None:
            later = [t.wekker for t in self._taken if t.wekker > self.tijd]
            if not later:
                raise VastgelopenError(f"everybody waits: {self._stand()}")
            self.tijd = min(later)
            return
        self.tijd += _PER_BEURT
        self.nu = taak.naam
        try:
            taak.wens = taak.context.run(taak.werk.send, None)
        except StopIteration:
            self._taken.remove(taak)
            return
        if taak.wens is _STERF:
            self.dood(taak.proces)

    def _gekozen(self) -> Taak | None:
        """The same task again, or any that can go on; every one of those has the same chance."""
        tijd, kans, laatste = self.tijd, self._kans, self._laatste
        if laatste is not None and kans.random() < self._volharding and laatste in self._taken and laatste.kan(tijd):
            return laatste
        over = list(self._taken)
        while over:
            nummer = int(kans.random() * len(over))
            if over[nummer].kan(tijd):
                self._laatste = over[nummer]
                return over[nummer]
            over[nummer] = over[-1]
            over.pop()
        return None

    def _stand(self) -> str:
        return ", ".join(f"{taak.naam} ({taak.wens})" for taak in self._taken)


@coroutine
def beurt() -> Generator[None, None, None]:
    """Let others go first, or not."""
    yield None


@coroutine
def wacht_op(iets: Klaar) -> Generator[Klaar, None, None]:
    """Go on some time after `iets` is ready."""
    yield iets


@coroutine
def sterf() -> Generator[object, None, None]:
    """End the process of this task here and now."""
    yield _STERF


def slaper(planner: Planner) -> Callable[[float], Awaitable[None]]:
    """What stands for asyncio.sleep."""

    @coroutine
    def slaap(seconden: float) -> Generator[float, None, None]:
        yield float(planner.tijd + seconden)

    return slaap
