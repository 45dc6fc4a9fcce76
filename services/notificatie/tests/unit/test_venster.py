"""One mail at a time between server and mark, unless the server is slow."""

import asyncio

from notificatie.application.venster import Venster


async def test_the_next_one_waits_until_the_turn_is_given_back() -> None:
    venster = Venster(geduld=30)
    async with venster.beurt() as een, venster.beurt() as ander:
        await een.neem()
        waiting = asyncio.create_task(ander.neem())
        await asyncio.sleep(0)
        assert not waiting.done()
        een.geef_terug()
        await waiting


async def test_a_slow_holder_loses_the_turn_and_gives_it_back_only_once() -> None:
    venster = Venster(geduld=0.01)
    async with venster.beurt() as slow, venster.beurt() as second, venster.beurt() as third:
        await slow.neem()
        await second.neem()
        slow.geef_terug()
        waiting = asyncio.create_task(third.neem())
        await asyncio.sleep(0)
        assert not waiting.done(), "the second one's turn was given away"
        second.geef_terug()
        await waiting
