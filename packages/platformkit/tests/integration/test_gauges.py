"""What waits is measured beside the work: the age goes on rising while the broker is away."""

from collections.abc import Callable

import httpx
import pytest
from proef.events import NOW
from proef.hulp import Proef, free_port
from prometheus_client.parser import text_string_to_metric_families

from platformkit.ids import uuid7
from platformkit.testing import eventually_async

NOWHERE = "127.0.0.1:1"
pytestmark = pytest.mark.timeout(300)


class Meter:
    """Reads one process' metrics over HTTP."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/metrics"

    async def value(self, name: str) -> float | None:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                answer = await client.get(self._url)
            except httpx.TransportError:
                return None
        samples = (each for family in text_string_to_metric_families(answer.text) for each in family.samples)
        return next((each.value for each in samples if each.name == name), None)

    async def above(self, name: str, least: float) -> float | None:
        found = await self.value(name)
        return found if found is not None and found > least else None


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
