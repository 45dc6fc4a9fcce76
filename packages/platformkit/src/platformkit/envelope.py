"""CloudEvents 1.0 in Kafka's binary mode, NL GOV profile (D2): attributes in headers, data in the value."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from uuid import UUID

from cloudevents.core.bindings.kafka import to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from contracts.base import Event
from contracts.registry import EVENTS, topics
from platformkit import strict_json

_FORMAT = JSONFormat()
_OF_OURS = re.compile(r"nl\.verwijsindex\.([a-z]{1,40})\.[a-z]{1,40}\.v[0-9]{1,4}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_REQUIRED = frozenset({"specversion", "id", "source", "type"})
# What each event has for itself, by header; the other attributes repeat for all of a type and sender.
_OWN = {"ce_id": "id", "ce_subject": "subject", "ce_time": "time", "ce_sequence": "sequence"}
_NEVER_EMPTY = ("source", "type", "datacontenttype", "dataschema")
_NAME = re.compile(r"[a-z0-9]+")
_JSON = re.compile(r"(application|text)/([a-zA-Z0-9.-]+\+)?json(;.*)?")
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-5][0-9])", re.ASCII
)
# As we write one: what is compared as text elsewhere has one form (Kafka's keys, dead letters of who is destroyed).
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_VERSION = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_MAX_ID = 500
_MAX_VERSION = 2**63 - 1
# As the relay, which sends no larger one.
_LARGEST = 1_048_576
_AHEAD = timedelta(days=1)


class PoisonError(Exception):
    """A message that will never be understood: it goes to the dead letters (D5). Its text quotes nothing of it."""


class UnknownTypeError(PoisonError):
    """A type on its own topic that this release does not know yet: it lies aside until one does (contracts only grow)."""


class Place(NamedTuple):
    """Where and when a record is read; `source` is the reader's own."""

    topic: str
    source: str
    now: datetime


class Message(NamedTuple):
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
        ValueError: a time without its offset.
    """
    if time.tzinfo is None:
        raise ValueError("a moment needs its offset")
    headers = {
        **_common(event.TYPE, source),
        "ce_id": str(event_id),
        "ce_subject": str(subject),
        "ce_time": time.isoformat().replace("+00:00", "Z"),
        "ce_sequence": str(version),
    }
    return headers, event.model_dump_json(by_alias=True).encode()


@cache
def _common(kind: str, source: str) -> Mapping[str, str]:
    """The headers of every event of one type and source, as the library makes and checks them.

    Once: it costs more than all other work on an event together, and ids, numbers and moments cannot break the rules.
    """
    cloud_event = CloudEvent(
        {
            "specversion": "1.0",
            "id": "-",
            "source": source,
            "type": kind,
            "subject": "-",
            "time": datetime.min.replace(tzinfo=UTC),
            "datacontenttype": "application/json",
            "dataschema": f"urn:nl:verwijsindex:schema:{kind}",
            "sequence": "-",
            "sequencetype": "Integer",
        }
    )
    return {name: value.decode() for name, value in to_binary(cloud_event, _FORMAT).headers.items()}


def decode(
    headers: Sequence[tuple[str, bytes | None]], key: bytes | None, value: bytes | None, place: Place | None = None
) -> Message:
    """The message in a Kafka record, bound to where it was read: type to topic, topic to its owner, ids to the data (D2).

    Raises:
        UnknownTypeError: a type of this topic, but not one of our contracts at a version that we read.
        PoisonError: broken bytes, data that break the contract, or parts that do not fit each other.
    """
    try:
        attributes = _attributes(headers)
    except ValueError as error:
        raise PoisonError(f"not a CloudEvent: {type(error).__qualname__}") from None
    kind = attributes["type"]
    if place is not None:
        _bind(kind, attributes["source"], place)
    known = EVENTS.get(kind)
    if known is None:
        raise _unknown(kind, None)
    try:
        message = Message(
            event_id=_event_id(attributes),
            event=_event(known, attributes, value),
            subject=_uuid(attributes["subject"]),
            key=_uuid((key or b"").decode()),
            version=_version(attributes["sequence"]),
            time=datetime.fromisoformat(attributes["time"]),
            traceparent=traceparent_in(headers),
        )
    except Exception as error:
        raise PoisonError(f"breaks the contract of {kind}: {type(error).__qualname__}") from None
    if not message.event.is_of(message.subject, message.key):
        raise PoisonError(f"breaks the contract of {kind}: another subject or key than in its data")
    if place is not None and message.time > place.now + _AHEAD:
        raise PoisonError(f"breaks the contract of {kind}: ahead of its time")
    return message


def _bind(kind: str, source: str, place: Place) -> None:
    """Type to topic, and topic to its owner. A topic that is in no contract, as in tests, has neither.

    Raises:
        PoisonError: they do not fit.
    """
    topic = topics().get(place.topic)
    if topic is None:
        return
    if kind not in topic.events:
        raise _unknown(kind, topic.topic)
    if source not in _sources(place.source, topic.owner):
        raise PoisonError(f"breaks the contract of {kind}: not told by the owner of its topic")


def _unknown(kind: str, topic: str | None) -> PoisonError:
    """Only the name of a type of ours is repeated: another text may hold anything."""
    ours = _OF_OURS.fullmatch(kind)
    if ours and topic in {ours[1], None} and kind not in EVENTS:
        return UnknownTypeError(f"a type that this release does not know: {kind}")
    return PoisonError("not a type of its topic")


@cache
def _sources(own: str, owner: str) -> frozenset[str]:
    """What may tell on the topic of `owner`: that service of the same organisation as the reader, whose source is `own`.

    Releases that did not tell services apart told as the system; topics, outboxes and examples still hold that.
    """
    organisation, word, _ = own.partition(":systeem")
    system = organisation + word
    return frozenset({f"{system}:{owner}", system, f"{system}:verwijsindex"})


def _attributes(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    """The attributes of a CloudEvent.

    As strict as the library, which takes ten times as long and makes up an id and a time that are missing: a test holds
    them side by side.

    Raises:
        PoisonError: a required one is missing.
        ValueError: one breaks CloudEvents 1.0, or is not text.
    """
    own, common = {}, []
    for name, raw in headers:
        if name in _OWN:
            if raw is None or _OWN[name] in own:
                raise ValueError("an attribute without a value, or twice")
            own[_OWN[name]] = raw.decode()
        elif name != "traceparent":
            common.append((name, raw))
    attributes = {**_common_attributes(tuple(common)), **own}
    if missing := _REQUIRED - attributes.keys():
        raise PoisonError(f"not a CloudEvent: without {', '.join(sorted(missing))}")
    if not own.get("id") or own.get("subject") == "":
        raise ValueError("an empty attribute")
    if "time" in own:
        if not _RFC3339.fullmatch(own["time"]):
            raise ValueError("no moment")
        datetime.fromisoformat(own["time"])
    return attributes


@lru_cache(maxsize=256)
def _common_attributes(headers: tuple[tuple[str, bytes | None], ...]) -> Mapping[str, str]:
    """Those that all events of one type and sender have in common, so that they are looked at once."""
    present = {name: raw.decode() for name, raw in headers if raw is not None}
    if not "".join(present).isascii() and not _is_text(present):
        raise PoisonError("not a CloudEvent: a header name that is no UTF-8")
    attributes: dict[str, str] = {}
    for name, raw in headers:
        lower = name.lower()
        attribute = lower[3:] if lower.startswith("ce_") else "datacontenttype" if lower == "content-type" else None
        if attribute is None:
            continue
        if raw is None or attribute in attributes:
            raise ValueError("an attribute without a value, or twice")
        attributes[attribute] = raw.decode()
    # An event's own attribute in capitals: which of two would count is anybody's guess.
    if not all(map(_NAME.fullmatch, attributes)) or not attributes.keys().isdisjoint({"data", *_OWN.values()}):
        raise ValueError("a name that no attribute has")
    if not all(attributes.get(name, "-") for name in _NEVER_EMPTY) or attributes.get("specversion", "1.0") != "1.0":
        raise ValueError("an empty attribute, or another version")
    return attributes


def _is_text(names: Iterable[str]) -> bool:
    """Whether none of them came in as bytes that are no UTF-8 (see `unreadable`)."""
    return not any("\ud800" <= character <= "\udfff" for name in names for character in name)


def traceparent_in(headers: Sequence[tuple[str, bytes | None]]) -> str | None:
    """The W3C traceparent among Kafka headers; none when it is absent or broken, which is no reason to refuse."""
    found = next((raw or b"" for name, raw in headers if name == "traceparent"), b"").decode("latin-1")
    return found if _TRACEPARENT.fullmatch(found) else None


def _event(known: type[Event], attributes: Mapping[str, str], value: bytes | None) -> Event:
    """The data, of which the sender says that they are JSON."""
    if not _JSON.fullmatch(attributes.get("datacontenttype", "application/json")):
        raise ValueError("no JSON")
    if value is None or len(value) > _LARGEST:
        raise ValueError("nothing, or too much")
    event = known.model_validate_json(value)
    # It takes NaN, and of a name that stands twice the last one, where another reader may take the first.
    strict_json.read(value.decode())
    return event


def _uuid(text: str) -> UUID:
    return UUID(_common_form(text))


def _common_form(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise ValueError("no id, or not in its common form")
    return text


def _event_id(attributes: Mapping[str, str]) -> str:
    """Source and id together are unique (CloudEvents 1.0); the inbox keeps them, so they are bounded."""
    event_id = f"{attributes['source']}#{_common_form(attributes['id'])}"
    if len(event_id) > _MAX_ID:
        raise ValueError("too long to remember")
    return event_id


def _version(sequence: str) -> int:
    if not _VERSION.fullmatch(sequence) or int(sequence) > _MAX_VERSION:
        raise ValueError("no version of an aggregate")
    return int(sequence)


def headers_of(raw: Mapping[str, str], traceparent: str | None) -> list[tuple[str, bytes]]:
    """Kafka headers from stored ones, with the trace that the relay is in."""
    made = [(name, value.encode()) for name, value in raw.items()]
    if traceparent:
        made.append(("traceparent", traceparent.encode()))
    return made
