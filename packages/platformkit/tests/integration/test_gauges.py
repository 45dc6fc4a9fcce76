"""What waits is measured beside the work: the age goes on rising while the broker is away."""

from collections.abc import Callable

import pytest
from proef.events import NOW
from proef.hulp import Proef, free_port
from proef.meting import Meter

from platformkit.ids import uuid7
from platformkit.testing import eventually_async

NOWHERE = "127.0.0.1:1"
pytestmark = pytest.mark.timeout(300)


async def test_the_outbox_grows_old_while_the_broker_is_away(proef: Proef, start: Callable[..., object]) -> None:
    await proef.rows(
        "insert into outbox (event_id, topic, key, headers, payload, created_at, parked) values"
        " (:late, 't', 'k', '{}', '', :now, false), (:refused, 't', 'k', '{}', '', :now, true)",
        late=uuid7(),
        refused=uuid7(),
        now=NOW,
    )
    port = free_port()
    start("relay", KAFKA_BOOTSTRAP=NOWHERE, METRICS_PORT=str(port))
    meter = Meter(port)
    first = await eventually_async(lambda: meter.above("outbox_oldest_age_seconds", 0), seconds=120)
    assert first < 300, "real time, not the domain's clock"
    await eventually_async(lambda: meter.above("outbox_oldest_age_seconds", first + 4), seconds=120)
    assert await meter.value("outbox_open") == 1
    assert await meter.value("relay_active") == 1


async def test_a_relay_beside_the_active_one_says_that_it_is_not(proef: Proef, start: Callable[..., object]) -> None:
    await proef.rows("insert into relay_lease values ('outbox', gen_random_uuid(), 1, now() + interval '1 hour')")
    port = free_port()
    start("relay", METRICS_PORT=str(port))
    meter = Meter(port)

    async def says_no() -> bool:
        return await meter.value("relay_active") == 0 and await meter.value("outbox_open") == 0

    await eventually_async(says_no, seconds=120)


async def test_dead_letters_are_counted_per_consumer_and_none_is_zero(
    proef: Proef, topic: str, start: Callable[..., object]
) -> None:
    port = free_port()
    start("consumer", TOPIC=topic, GROEP="lezer", METRICS_PORT=str(port))
    meter = Meter(port)

    async def counts(number: int) -> bool:
        return await meter.value("dead_letters_open") == number

    await eventually_async(lambda: counts(0), seconds=120)
    insert = "insert into dead_letter values (gen_random_uuid(), :c, 't', 0, :o, null, '{}', null, 'x', null, now())"
    for offset, consumer in enumerate(("lezer", "lezer", "ander")):
        await proef.rows(insert, c=consumer, o=offset)
    await eventually_async(lambda: counts(2), seconds=120)
