"""Random histories on the real stack, many at once, while processes are killed and days pass (D4).

Every message comes at least once, in any order, some twice, some again under a new id after newer ones. A failure prints
the seed of its history; `ZAAD=<seed>` plays that one first.
"""

import asyncio
import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
from bus import Bus, Stored, assert_told, open_matches, until
from services.match.tests.integration.test_oracle import VANDAAG, Geschiedenis
from services.match.tests.oracle import Verwacht, oracle

from lokaal import klok
from lokaal.stack import Stack
from platformkit.messaging.envelope import Message

_PARTS = 6


def _arrival(histories: list[Geschiedenis], chance: random.Random) -> list[list[Message]]:
    """The messages of all histories, each in an order of its own, in some parts."""
    messages = [message for each in histories for lane in each.aankomst() for batch in lane for message in batch]
    chance.shuffle(messages)
    return [messages[part::_PARTS] for part in range(_PARTS)]


def _expected(history: Geschiedenis, days: int) -> Verwacht:
    return oracle(history.signalen, history.ouders, history.weg, VANDAAG + timedelta(days=days))


def _of(history: Geschiedenis, stored: list[Stored]) -> list[Stored]:
    signals = {each["id"] for each in history.signalen}
    return [each for each in stored if each.signaal_a in signals]


async def _play(bus: Bus, engine: Stack, parts: list[list[Message]]) -> int:
    """Send everything while processes die and two days pass that nobody sweeps; the number of those days."""
    clock = Path(engine.addresses["klok"]["bestand"])
    engine.kill("match-jobs")
    async with asyncio.TaskGroup() as repairs:

        async def dies(component: str) -> None:
            """SIGKILL now; the next messages come while it is away and while it comes back."""
            await asyncio.to_thread(engine.kill, component)
            repairs.create_task(asyncio.to_thread(engine.restart, component))

        await bus.fire(parts[0])
        await dies("match-consumer-3")
        await bus.fire(parts[1])
        klok.vooruit(clock, "1d")
        await bus.fire(parts[2])
        await dies("match-relay")
        await bus.fire(parts[3])
        klok.vooruit(clock, "1d")
        await dies("match-consumer-6")
        await bus.fire(parts[4])
        await bus.fire(parts[5])
    await bus.settled()
    return 2


@pytest.mark.system
@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.regel("R062", "R065", "R080", "R082", "D4", "D7")
async def test_stored_and_told_matches_equal_the_oracle(bus: Bus, engine: Stack, soak: bool) -> None:
    first = int(os.environ.get("ZAAD") or random.SystemRandom().randrange(2**32))
    seeds = range(first, first + (200 if soak else 12))
    histories = [Geschiedenis(seed) for seed in seeds]
    parked = await bus.parked()
    parts = _arrival(histories, random.Random(first))
    days = await _play(bus, engine, parts)

    today = VANDAAG + timedelta(days=days)
    signals = [each["id"] for history in histories for each in history.signalen]
    stored = await bus.stored(signals)
    for seed, history in zip(seeds, histories, strict=True):
        # Nobody swept: what a reader takes for open, which always looks at the date.
        open_now = open_matches(each for each in _of(history, stored) if each.einddatum > today)
        assert open_now == _expected(history, days), f"unswept, seed {seed}"
    unswept = sum(each.status == "actief" and each.einddatum <= today for each in stored)

    await asyncio.to_thread(engine.restart, "match-jobs")

    async def swept() -> bool:
        return all(each.einddatum > today for each in await bus.stored(signals) if each.status == "actief")

    await until(swept, "a sweep that ended all that had passed", 30)
    await bus.settled()
    stored, told = await bus.stored(signals), await bus.told()
    for seed, history in zip(seeds, histories, strict=True):
        mine = _of(history, stored)
        assert open_matches(mine) == _expected(history, days), f"swept, seed {seed}"
        ends = {each["id"]: each["einddatum"] for each in history.signalen}
        for match in mine:
            if match.status == "actief":
                assert match.einddatum == min(ends[match.signaal_a], ends[match.signaal_b]), f"seed {seed}"
        try:
            assert_told(mine, told)
        except AssertionError as error:
            raise AssertionError(f"told, seed {seed}: {error}") from error
    assert await bus.parked() == parked
    ended = sum(each.status == "beeindigd" for each in stored)
    print(  # noqa: T201
        f"{len(histories)} histories from seed {first}: {sum(map(len, parts))} messages, {len(stored)} matches, "
        f"{ended} ended, {unswept} of them by the sweep"
    )
