"""CloudEvents 1.0 in Kafka's binary mode, NL GOV profile (D2): attributes in headers, data in the value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from contracts.base import Event
from contracts.registry import EVENTS

_FORMAT = JSONFormat()
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_OF_OURS = re.compile(r"nl\.verwijsindex\.[a-z]{1,40}\.[a-z]{1,40}\.v[0-9]{1,4}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_REQUIRED = frozenset({"ce_specversion", "ce_id", "ce_source", "ce_type"})
_MAX_ID = 500
_MAX_VERSION = 2**63 - 1


class PoisonError(Exception):
    """A message that will never be understood: it goes to the dead letters (D5). Its text quotes nothing of it."""


class UnknownTypeError(Exception):
    """A type that this reader does not know, or a version beside v1: counted and passed by (contracts only grow)."""


@dataclass(frozen=True)
class Message:
    """One event as it came in: the contract, and what the envelope says of it.

    `version` is the version of the aggregate; `traceparent` continues the sender's trace.
    """

    event_id: str
    event: Event
    subject: UUID
    key: UUID
    version: int
    time: datetime
    traceparent: str | None


def encode(
    event: Event, *, event_id: UUID, subject: UUID, source: str, version: int, time: datetime
) -> tuple[dict[str, str], bytes]:
    """Headers and value of `event` as version `version` of its aggregate.

    Raises:
        CloudEventValidationError: an attribute breaks CloudEvents 1.0.
    """
    cloud_event = CloudEvent(
        {
            "specversion": "1.0",
            "id": str(event_id),
            "source": source,
            "type": event.TYPE,
            "subject": str(subject),
            "time": time,
            "datacontenttype": "application/json",
            "dataschema": f"urn:nl:verwijsindex:schema:{event.TYPE}",
            "sequence": str(version),
            "sequencetype": "Integer",
        },
        # As bytes: pydantic writes JSON many times faster than the library does from a dict.
        event.model_dump_json(by_alias=True).encode(),
    )
    message = to_binary(cloud_event, _FORMAT)
    return {name: value.decode() for name, value in message.headers.items()}, message.value


def decode(headers: Sequence[tuple[str, bytes | None]], key: bytes | None, value: bytes | None) -> Message:
    """The message in a Kafka record.

    Raises:
        UnknownTypeError: not a type of our contracts at a version that we read.
        PoisonError: broken bytes, or data that break the contract.
    """
    try:
        present = {name: raw for name, raw in headers if raw is not None}
        if missing := _REQUIRED - present.keys():
            # The library would make up an id, a new one at each delivery.
            raise PoisonError(f"not a CloudEvent: without {', '.join(sorted(missing))}")
        cloud_event = from_binary(KafkaMessage(headers=present, key=key, value=value or b""), _FORMAT, CloudEvent)
        kind = cloud_event.get_type()
    except PoisonError:
        raise
    except Exception as error:
        raise PoisonError(f"not a CloudEvent: {type(error).__qualname__}") from None
    known = EVENTS.get(kind)
    if known is None:
        # Only the name of a type of ours is repeated in logs: another text may hold anything.
        raise UnknownTypeError(kind if _OF_OURS.fullmatch(kind) else "foreign")
    try:
        return Message(
            event_id=_event_id(cloud_event),
            event=known.model_validate(cloud_event.get_data()),
            subject=UUID(cloud_event.get_subject()),
            key=UUID((key or b"").decode()),
            version=_version(cloud_event.get_extension("sequence")),
            time=cloud_event.get_time() or _BEGINNING,
            traceparent=traceparent_in(headers),
        )
    except Exception as error:
        raise PoisonError(f"breaks the contract of {kind}: {type(error).__qualname__}") from None


def traceparent_in(headers: Sequence[tuple[str, bytes | None]]) -> str | None:
    """The W3C traceparent among Kafka headers; none when it is absent or broken, which is no reason to refuse."""
    found = next((raw or b"" for name, raw in headers if name == "traceparent"), b"").decode("latin-1")
    return found if _TRACEPARENT.fullmatch(found) else None


def _event_id(event: BaseCloudEvent) -> str:
    """Source and id together are unique (CloudEvents 1.0); the inbox keeps them, so they are bounded."""
    event_id = f"{event.get_source()}#{event.get_id()}"
    if len(event_id) > _MAX_ID:
        raise ValueError("too long to remember")
    return event_id


def _version(sequence: object) -> int:
    version = int(str(sequence))
    if not 0 <= version <= _MAX_VERSION:
        raise ValueError("no version of an aggregate")
    return version


def headers_of(raw: Mapping[str, str], traceparent: str | None) -> list[tuple[str, bytes]]:
    """Kafka headers from stored ones, with the trace that the relay is in."""
    made = [(name, value.encode()) for name, value in raw.items()]
    if traceparent:
        made.append(("traceparent", traceparent.encode()))
    return made
