"""Events as they come from a topic."""

from datetime import datetime
from uuid import UUID

from aiokafka import ConsumerRecord

from contracts.base import Event
from contracts.registry import topics
from platformkit.envelope import encode, headers_of
from platformkit.ids import uuid7

_SOURCE = "urn:nld:oin:00000099000000001000:systeem"


def record(
    event: Event,
    version: int,
    time: datetime,
    *,
    subject: UUID | None = None,
    key: UUID | None = None,
    event_id: UUID | None = None,
    offset: int = 0,
    traceparent: str | None = None,
) -> ConsumerRecord:
    """`event` as version `version` of its aggregate, told by the owner of its topic.

    An event of destruction does not say whose end it is: `subject` and `key` do.
    """
    owner = topics()[event.TOPIC].owner if event.TOPIC in topics() else "proef"
    headers, value = encode(
        event,
        event_id=event_id or uuid7(),
        subject=subject or event.aggregate_id,
        source=f"{_SOURCE}:{owner}",
        version=version,
        time=time,
    )
    raw = str(key or event.key).encode()
    wire = tuple(headers_of(headers, traceparent))
    return ConsumerRecord(event.TOPIC, 0, offset, 0, 0, raw, value, None, len(raw), len(value), wire)
