"""What walks over the whole table takes a small part of the time, however long one walk is (ADR 0001)."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from platformkit import gauges
from platformkit.db.database import Database
from platformkit.outbox import search as search_module
from platformkit.outbox.search import Search


class Slow:
    """A clock, and a database that takes `seconds` for every answer."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now = seconds, 1000.0

    def monotonic(self) -> float:
        return self.now

    async def rows(self, *_: object, **__: object) -> Sequence[Any]:
        self.now += self.seconds
        return ()


@pytest.mark.parametrize(("seconds", "pause"), [(0.001, 5), (0.04, 20), (10, 60)])
async def test_a_look_through_the_whole_table(monkeypatch: pytest.MonkeyPatch, seconds: float, pause: float) -> None:
    slow = Slow(seconds)
    monkeypatch.setattr(search_module, "time", slow)
    search = Search(10)
    await search.whole(cast("Database", slow))
    slow.now += pause - 0.01
    assert not search.due()
    slow.now += 0.02
    assert search.due()


@pytest.mark.parametrize(("seconds", "pause"), [(0.001, 5), (0.2, 20), (10, 30)])
async def test_a_gauge(monkeypatch: pytest.MonkeyPatch, seconds: float, pause: float) -> None:
    slow, paused = Slow(seconds), []

    async def sleep(wanted: float) -> None:
        paused.append(wanted)
        await asyncio.Event().wait()

    monkeypatch.setattr(gauges, "time", slow)
    monkeypatch.setattr(gauges, "_wait", sleep)
    async with gauges.measuring(slow.rows):  # type: ignore[arg-type]
        for _ in range(3):
            await asyncio.sleep(0)
    assert paused == [pytest.approx(pause)]
