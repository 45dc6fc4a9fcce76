"""The consumer (D5, traps 1-3): a batch, one transaction, then the offsets."""

import gc
import time

from aiokafka import ConsumerRecord
from faststream import AckPolicy
from proef.consuming import at_least, has_seen, make, record, running, send
from proef.hulp import Proef

from platformkit.envelope import Message
from platformkit.testing import eventually_async


async def test_every_subscriber_acknowledges_by_hand_and_alone(proef: Proef, topic: str) -> None:
    """Trap 1 and trap 3: through the one factory, so for every subscriber there is."""
    for subscriber in make(proef, topic).broker.subscribers:
        config = subscriber._outer_config
        assert subscriber.ack_policy is AckPolicy.MANUAL
        assert subscriber._connection_args["enable_auto_commit"] is False
        assert subscriber._connection_args["auto_offset_reset"] == "none"
        assert not hasattr(subscriber, "max_workers")
        assert subscriber.get_msg.__module__ == "platformkit.messaging.consumer"
        assert config is not None


async def test_events_are_handled_in_order_and_offsets_come_after(proef: Proef, topic: str) -> None:
    await send(proef, topic, *(record(version) for version in range(1, 6)))
    async with running(proef, topic):
        await eventually_async(lambda: has_seen(proef, 1, 2, 3, 4, 5))
    # A new consumer of the group has nothing left to read: one more message is all it sees.
    await send(proef, topic, record(6))
    await proef.rows("truncate inbox")
    async with running(proef, topic):
        await eventually_async(lambda: has_seen(proef, 1, 2, 3, 4, 5, 6))


async def test_a_batch_leaves_next_to_nothing_to_the_garbage_collector(proef: Proef, topic: str) -> None:
    """What hangs on a ring of objects piles up until the collector stops the process to undo it."""

    async def let_go() -> bool:
        # One or two of each batch stay, and how many batches they come in is Kafka's affair.
        left = [each for each in gc.get_objects() if isinstance(each, ConsumerRecord | Message)]
        return len(left) < 150

    async with running(proef, topic):
        await send(proef, topic, record(1))
        await eventually_async(lambda: has_seen(proef, 1))
        gc.collect()
        gc.disable()
        try:
            await send(proef, topic, *(record(version) for version in range(2, 302)))
            await eventually_async(lambda: has_seen(proef, *range(1, 302)))
            # Its offsets come after the effect, and only then it lets go.
            assert await eventually_async(let_go), "what was handled hangs on something"
        finally:
            gc.enable()


async def test_a_duplicate_has_one_effect(proef: Proef, topic: str) -> None:
    twice, again = record(1), record(2)
    await send(proef, topic, twice, twice, again)
    async with running(proef, topic):
        await eventually_async(lambda: has_seen(proef, 1, 2))
        await send(proef, topic, twice, again, record(3))
        await eventually_async(lambda: has_seen(proef, 1, 2, 3))


async def test_it_is_quick_when_it_was_idle(proef: Proef, topic: str) -> None:
    async with running(proef, topic):
        await send(proef, topic, record(1))
        await eventually_async(lambda: has_seen(proef, 1))
        took = []
        for version in range(2, 7):
            await send(proef, topic, record(version))
            begin = time.perf_counter()
            await eventually_async(lambda: at_least(proef, version))  # noqa: B023
            took.append(time.perf_counter() - begin)
    assert sorted(took)[2] < 0.5, took
