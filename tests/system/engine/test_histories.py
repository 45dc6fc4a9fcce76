"""Random histories on the real stack, many at once, while processes are killed and days pass (D4).

Every message comes at least once, in any order, some twice, some again under a new id after newer ones. A failure prints
the seed of its history; `ZAAD=<seed>` begins with that one.
"""

import asyncio
import os
import random
from datetime import date

import pytest
from bus import BEGIN, Bus, Stored, assert_told, open_matches
from services.match.tests.integration.test_oracle import VANDAAG, Geschiedenis
from services.match.tests.oracle import Verwacht, oracle

from lokaal.stack import Stack
from platformkit.envelope import Message
from platformkit.testing import eventually_async

_AT_ONCE = 48
_PARTS = 6
_SWEEP = "match-jobs"
assert BEGIN.date() == VANDAAG


def _arrival(histories: list[Geschiedenis], chance: random.Random) -> list[list[Message]]:
    """The messages of all histories in some parts, those of one history in the order of its own."""
    parts: list[list[Message]] = [[] for _ in range(_PARTS)]
    for history in histories:
        messages = [message for lane in history.aankomst() for batch in lane for message in batch]
        for number, message in enumerate(messages):
            parts[number * _PARTS // len(messages)].append(message)
    for part in parts:
        chance.shuffle(part)
    return parts


def _expected(history: Geschiedenis, today: date) -> Verwacht:
    return oracle(history.signalen, history.ouders, history.weg, today)


def _of(history: Geschiedenis, stored: list[Stored]) -> list[Stored]:
    signals = {each["id"] for each in history.signalen}
    return [each for each in stored if each.signaal_a in signals]


async def _play(bus: Bus, engine: Stack, parts: list[list[Message]], consumer: str) -> date:
    """Send everything while processes die, and two days pass that nobody sweeps; the last day."""
    await asyncio.to_thread(engine.kill, _SWEEP)
    async with asyncio.TaskGroup() as repairs:

        async def dies(component: str) -> None:
            """SIGKILL now; the next messages come while it is away and while it comes back."""
            await asyncio.to_thread(engine.kill, component)
            repairs.create_task(asyncio.to_thread(engine.restart, component))

        await bus.fire(parts[0])
        await dies(consumer)
        await bus.fire(parts[1])
        await bus.settled()
        bus.day(-1)
        await bus.fire(parts[2])
        await dies("match-relay")
        await bus.fire(parts[3])
        await bus.fire(parts[4])
        today = bus.day(0)
        await bus.fire(parts[5])
    await bus.settled()
    return today


@pytest.mark.system
@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.regel("R062", "R065", "R080", "R082", "D4", "D7")
async def test_stored_and_told_matches_equal_the_oracle(bus: Bus, engine: Stack, soak: bool, seen: list[str]) -> None:
    """200 histories and more with --soak, some at a time."""
    first = int(os.environ.get("ZAAD") or random.SystemRandom().randrange(2**32))
    for turn in range(5 if soak else 1):
        bus.day(-2)
        seen.append(await _turn(bus, engine, first + turn * _AT_ONCE, f"match-consumer-{turn + 3}"))


async def _turn(bus: Bus, engine: Stack, first: int, consumer: str) -> str:
    """Play some histories and compare; what was seen."""
    played = {seed: Geschiedenis(seed) for seed in range(first, first + _AT_ONCE)}
    parked = await bus.parked()
    parts = _arrival(list(played.values()), random.Random(first))
    today = await _play(bus, engine, parts, consumer)

    signals = [each["id"] for history in played.values() for each in history.signalen]
    stored = await bus.stored(signals)
    for seed, history in played.items():
        # Nobody swept: what a reader takes for open, who always looks at the date.
        found = open_matches(each for each in _of(history, stored) if each.einddatum > today)
        assert found == _expected(history, today), f"unswept, seed {seed}"
    unswept = sum(each.status == "actief" and each.einddatum <= today for each in stored)

    await asyncio.to_thread(engine.restart, _SWEEP)

    async def swept() -> bool:
        return all(each.einddatum > today for each in await bus.stored(signals) if each.status == "actief")

    await eventually_async(swept, "a sweep that ended all that had passed", 60)
    await bus.settled()
    stored, told = await bus.stored(signals), await bus.told()
    for seed, history in played.items():
        mine = _of(history, stored)
        assert open_matches(mine) == _expected(history, today), f"swept, seed {seed}"
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
    return (
        f"{len(played)} histories from seed {first}, {consumer}, match-relay and {_SWEEP} killed: "
        f"{sum(map(len, parts))} messages, {len(stored)} matches, {ended} ended, {unswept} of them by the sweep"
    )
