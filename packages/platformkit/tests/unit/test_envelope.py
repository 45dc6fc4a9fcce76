"""CloudEvents in Kafka's binary mode (D2): what goes in comes out, and it satisfies the NL GOV profile."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import example, given, settings
from hypothesis import strategies as st
from proef.events import NOW, gewijzigd
from proef.hulp import SOURCE

from contracts.base import Event
from contracts.persoon import Ouder, PersoonVastgelegd, PersoonVernietigd, PersoonVernietigdReden
from contracts.registry import EVENTS
from platformkit.envelope import PoisonError, UnknownTypeError, decode, encode, headers_of

moments = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
parents = st.builds(
    Ouder, ouder_ref=st.uuids(), sinds=moments, sinds_versie=st.integers(0, 2**31), sinds_gewijzigd=st.booleans()
)
events = st.one_of(
    st.builds(
        PersoonVastgelegd,
        persoon_ref=st.uuids(),
        ouders=st.lists(parents, max_size=3).map(tuple),
        woongemeente=st.one_of(st.none(), st.from_regex("[0-9]{4}", fullmatch=True).filter(str.isascii)),
        geheim=st.booleans(),
        overleden_op=st.one_of(st.none(), st.dates()),
    ),
    st.builds(PersoonVernietigd, reden=st.sampled_from(PersoonVernietigdReden)),
)


@given(event=events, event_id=st.uuids(), subject=st.uuids(), version=st.integers(0, 2**63 - 1), time=moments)
def test_what_goes_in_comes_out(event: Event, event_id: UUID, subject: UUID, version: int, time: datetime) -> None:
    headers, value = encode(event, event_id=event_id, subject=subject, source=SOURCE, version=version, time=time)
    traceparent = f"00-{'a' * 32}-{'b' * 16}-01"
    message = decode(headers_of(headers, traceparent), str(subject).encode(), value)
    assert message.event == event
    assert message.event_id == f"{SOURCE}#{event_id}"
    assert (message.subject, message.key, message.version) == (subject, subject, version)
    assert abs(message.time - time).total_seconds() < 0.001
    assert message.traceparent == traceparent


def test_the_envelope_satisfies_the_nl_gov_profile() -> None:
    headers, value = encode(
        gewijzigd("persoon", uuid4()), event_id=uuid4(), subject=uuid4(), source=SOURCE, version=7, time=NOW
    )
    assert headers["ce_specversion"] == "1.0"
    assert re.fullmatch(r"urn:nld:oin:[0-9]{20}:systeem(:.+)?", headers["ce_source"])
    assert re.fullmatch(r"nl\.verwijsindex\.[a-z]+\.[a-z]+\.v1", headers["ce_type"])
    assert UUID(headers["ce_id"])
    assert UUID(headers["ce_subject"])
    assert datetime.fromisoformat(headers["ce_time"]) == NOW
    assert headers["content-type"] == "application/json"
    assert headers["ce_dataschema"].endswith(headers["ce_type"])
    assert (headers["ce_sequence"], headers["ce_sequencetype"]) == ("7", "Integer")
    assert value.startswith(b"{")
    assert "traceparent" not in headers


@given(
    headers=st.lists(st.tuples(st.text(max_size=20), st.one_of(st.none(), st.binary(max_size=60))), max_size=8),
    key=st.one_of(st.none(), st.binary(max_size=40)),
    value=st.one_of(st.none(), st.binary(max_size=200)),
)
def test_garbage_is_poison_and_never_another_error(
    headers: list[tuple[str, bytes | None]], key: bytes | None, value: bytes | None
) -> None:
    with pytest.raises((PoisonError, UnknownTypeError)):
        decode(headers, key, value)


@given(data=st.data())
def test_one_changed_header_is_poison_unknown_or_still_the_event(data: st.DataObject) -> None:
    headers, value = encode(
        gewijzigd("persoon", uuid4()), event_id=uuid4(), subject=uuid4(), source=SOURCE, version=7, time=NOW
    )
    changed = headers_of(headers, None)
    at = data.draw(st.integers(0, len(changed) - 1))
    changed[at] = (changed[at][0], data.draw(st.binary(max_size=40)))
    with suppress(PoisonError, UnknownTypeError):
        decode(changed, str(uuid4()).encode(), value)


def test_a_newer_sender_does_not_break_an_older_reader() -> None:
    headers, value = encode(
        gewijzigd("persoon", uuid4()), event_id=uuid4(), subject=uuid4(), source=SOURCE, version=7, time=NOW
    )
    grown = value[:-1] + b',"later":{"bij":"gekomen"}}'
    assert decode(headers_of(headers, None), str(uuid4()).encode(), grown).version == 7


def of_the_library(headers: list[tuple[str, bytes | None]], key: bytes | None, value: bytes | None) -> CloudEvent:
    present = {name: raw for name, raw in headers if raw is not None}
    event = from_binary(KafkaMessage(headers=present, key=key, value=value or b""), JSONFormat(), CloudEvent)
    assert isinstance(event, CloudEvent)
    return event


@given(event=events, event_id=st.uuids(), subject=st.uuids(), version=st.integers(0, 2**63 - 1), time=moments)
def test_the_envelope_is_the_one_that_the_library_writes(
    event: Event, event_id: UUID, subject: UUID, version: int, time: datetime
) -> None:
    ours = encode(event, event_id=event_id, subject=subject, source=SOURCE, version=version, time=time)
    attributes = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": SOURCE,
        "type": event.TYPE,
        "subject": str(subject),
        "time": time,
        "datacontenttype": "application/json",
        "dataschema": f"urn:nl:verwijsindex:schema:{event.TYPE}",
        "sequence": str(version),
        "sequencetype": "Integer",
    }
    theirs = to_binary(CloudEvent(attributes, event.model_dump_json(by_alias=True).encode()), JSONFormat())
    assert {name: value.encode() for name, value in ours[0].items()} == theirs.headers
    assert ours[1] == theirs.value
    read = of_the_library(headers_of(*ours[:1], None), None, ours[1])
    assert type(event).model_validate(read.get_data()) == event


def test_a_source_that_breaks_the_rules_is_refused_when_writing() -> None:
    with pytest.raises(CloudEventValidationError):
        encode(gewijzigd("persoon", uuid4()), event_id=uuid4(), subject=uuid4(), source="", version=7, time=NOW)
    with pytest.raises(ValueError, match="offset"):
        encode(
            gewijzigd("persoon", uuid4()),
            event_id=uuid4(),
            subject=uuid4(),
            source=SOURCE,
            version=7,
            time=NOW.replace(tzinfo=None),
        )


_names = st.sampled_from(
    [
        "ce_id",
        "ce_source",
        "ce_type",
        "ce_specversion",
        "ce_subject",
        "ce_time",
        "ce_dataschema",
        "ce_sequence",
        "content-type",
        "Content-Type",
        "CE_ID",
        "Ce_Time",
        "ce_",
        "ce_data",
        "ce_Foo",
        "ce_a-b",
        "ce_é",
        "x",
        "é",
    ]
)
_moments = st.sampled_from(
    [
        "2025-06-01",
        "2025-06-01T12:00:00",
        "2025-06-01T12:00:00Z",
        "2025-06-01T12:00:00.123456789+02:00",
        "2025-06-01T24:00:00Z",
        "2025-06-01T12:00:00+02:60",
        "20250601T120000Z",
        "2025-13-01T00:00:00Z",
        "2025-06-01T12:00:00+25:00",
    ]
)
_texts = st.sampled_from(
    [
        "1.0",
        "0.3",
        "1",
        "-1",
        "7",
        "text/plain",
        "application/json;charset=utf-8",
        "application/cloudevents+json",
        "TEXT/JSON",
        "nl.x.y.z.v1",
    ]
)
_values = st.one_of(
    st.none(),
    st.binary(max_size=20),
    st.one_of(_moments, _texts).map(str.encode),
    st.sampled_from([b"", b" 7 ", b"\xff"]),
)
_bodies = st.sampled_from(
    [None, b"", b"{}", b"[]", b"null", b"{", b"\xff\xfe", b"\xef\xbb\xbf{}", b'"text"', b"{} {}", b" {} ", b'{"a":NaN}']
)


@settings(max_examples=500)
@given(changes=st.lists(st.tuples(_names, _values), min_size=1, max_size=3), body=st.one_of(st.none(), _bodies))
@example(changes=[("ce_type", b"\x00"), ("ce_time", b"0000-00-00T00:00:00Z")], body=None)
def test_what_is_read_here_the_library_reads_as_well_and_the_same(
    changes: list[tuple[str, bytes | None]], body: bytes | None
) -> None:
    """As strict as the library; stricter where it makes up an id or a time, or takes a moment that RFC 3339 does not."""
    subject = uuid4()
    headers, value = encode(
        gewijzigd("persoon", uuid4()), event_id=uuid4(), subject=subject, source=SOURCE, version=7, time=NOW
    )
    value = value if body is None else body
    changed: list[tuple[str, bytes | None]] = [*headers_of(headers, None), *changes]
    key = str(subject).encode()
    try:
        message = decode(changed, key, value)
    except UnknownTypeError:
        assert of_the_library(changed, key, value).get_type() not in EVENTS
        return
    except PoisonError:
        return
    theirs = of_the_library(changed, key, value)
    assert message.event == EVENTS[theirs.get_type()].model_validate(theirs.get_data())
    assert message.event_id == f"{theirs.get_source()}#{theirs.get_id()}"
    assert (message.subject, message.version) == (UUID(theirs.get_subject()), int(theirs.get_extension("sequence")))
    assert message.time == theirs.get_time()


@pytest.mark.parametrize(
    "change",
    [
        ("ce_id", b""),
        ("ce_id", None),
        ("ce_source", b""),
        ("ce_source", b"s" * 500),
        ("ce_specversion", b"0.3"),
        ("ce_subject", b""),
        ("ce_subject", b"nobody"),
        ("ce_subject", None),
        ("ce_sequence", b"-1"),
        ("ce_sequence", b"9223372036854775808"),
        ("ce_sequence", None),
        ("ce_time", b"2025-06-01T12:00:00"),
        ("ce_time", b"yesterday"),
        ("ce_time", None),
        ("ce_data", b"x"),
        ("ce_a-b", b"x"),
        ("ce_dataschema", b""),
        ("content-type", b"text/plain"),
        ("content-type", b""),
        ("x", b"\xff"),
    ],
    ids=str,
)
def test_each_rule_of_the_envelope_is_held(change: tuple[str, bytes | None]) -> None:
    subject = uuid4()
    headers, value = encode(
        gewijzigd("persoon", uuid4()), event_id=uuid4(), subject=subject, source=SOURCE, version=7, time=NOW
    )
    kept = [(name, raw) for name, raw in headers_of(headers, None) if name != change[0]]
    with pytest.raises(PoisonError):
        decode([*kept, change], str(subject).encode(), value)
