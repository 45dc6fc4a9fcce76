"""CloudEvents in Kafka's binary mode (D2): what goes in comes out, and it satisfies the NL GOV profile."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
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
from contracts.signaal import SignaalAfgegeven, SignaalReden, SignaalVernietigd
from platformkit.envelope import Place, PoisonError, UnknownTypeError, decode, encode, headers_of
from platformkit.testing import record

ME = uuid4()
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


@given(event=events, event_id=st.uuids(), other=st.uuids(), version=st.integers(1, 2**63 - 1), time=moments)
def test_what_goes_in_comes_out(event: Event, event_id: UUID, other: UUID, version: int, time: datetime) -> None:
    subject = other if isinstance(event, PersoonVernietigd) else event.aggregate_id
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
    person = uuid4()
    headers, value = encode(
        gewijzigd("persoon", person), event_id=uuid4(), subject=person, source=SOURCE, version=7, time=NOW
    )
    grown = value[:-1] + b',"later":{"bij":"gekomen"}}'
    assert decode(headers_of(headers, None), str(person).encode(), grown).version == 7


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
        gewijzigd("persoon", subject), event_id=uuid4(), subject=subject, source=SOURCE, version=7, time=NOW
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
        ("ce_subject", str(ME).upper().encode()),
        ("ce_subject", b"{" + str(ME).encode() + b"}"),
        ("ce_id", b"7"),
        ("ce_id", str(ME).upper().encode()),
        ("ce_sequence", b"-1"),
        ("ce_sequence", b"0"),
        ("ce_sequence", b" 7"),
        ("ce_sequence", b"7_000"),
        ("ce_sequence", "\u0667".encode()),
        ("ce_sequence", b"seven"),
        ("ce_sequence", b"9223372036854775808"),
        ("ce_sequence", None),
        ("ce_time", b"2025-06-01T12:00:00"),
        ("ce_time", b"yesterday"),
        ("ce_time", None),
        ("ce_data", b"x"),
        ("ce_a-b", b"x"),
        ("ce_dataschema", b""),
        ("ce_dataschema", None),
        ("content-type", b"text/plain"),
        ("content-type", b""),
        ("x", b"\xff"),
    ],
    ids=str,
)
def test_each_rule_of_the_envelope_is_held(change: tuple[str, bytes | None]) -> None:
    headers, value = encode(gewijzigd("persoon", ME), event_id=uuid4(), subject=ME, source=SOURCE, version=7, time=NOW)
    kept = [(name, raw) for name, raw in headers_of(headers, None) if name != change[0]]
    with pytest.raises(PoisonError):
        decode([*kept, change], str(ME).encode(), value)


PLACE = Place("signaal", f"{SOURCE}:match", NOW)
_SIGNALS = Path(__file__).parents[4] / "contracts" / "examples" / "signaal"
Headers = list[tuple[str, bytes | None]]


def _signal() -> tuple[Headers, bytes, bytes]:
    """Headers, key and value of a signal as its owner tells it."""
    data = json.loads((_SIGNALS / "nl.verwijsindex.signaal.afgegeven.v1" / "portaal.json").read_text())
    event = SignaalAfgegeven.model_validate(data)
    made = record(event, 7, NOW)
    return list(made.headers), made.key, made.value


def _but(name: str, *values: bytes | None) -> Headers:
    return [each for each in _signal()[0] if each[0] != name] + [(name, value) for value in values]


_KIND = b"nl.verwijsindex.signaal.afgegeven.v1"


def test_a_message_that_fits_where_it_stands_is_read() -> None:
    headers, key, value = _signal()
    assert decode(headers, key, value, PLACE).version == 7
    # As releases told that did not tell services apart, and as one tells whose JSON has another form.
    for earlier in (SOURCE, f"{SOURCE}:verwijsindex"):
        assert decode(_but("ce_source", earlier.encode()), key, value, PLACE).version == 7
    assert decode(headers, key, json.dumps(json.loads(value), indent=1).encode(), PLACE).version == 7
    assert decode(_but("ce_time", b"2026-11-23T11:00:00Z"), key, value, PLACE).version == 7


@pytest.mark.parametrize(
    "headers",
    [
        _but("ce_type", b'"' + _KIND + b'"'),
        _but("ce_type", _KIND.upper()),
        _but("ce_type", b" " + _KIND + b" "),
        _but("ce_type", b""),
        _but("ce_type", None),
        _but("ce_type", b"\xff" + _KIND),
        _but("ce_type", _KIND, _KIND),
        _but("ce_type", b"nl.verwijsindex.persoon.verhuisd.v1"),
        _but("ce_type", b"nl.verwijsindex.persoon.iets.v1"),
        _but("ce_type", b"order"),
        [*_but("ce_type", _KIND), ("CE_TYPE", _KIND)],
        _but("ce_source", f"{SOURCE}:match".encode()),
        _but("ce_source", f"{SOURCE}:brp-proxy".encode()),
        _but("ce_source", b"urn:nld:oin:00000099000000002000:systeem:signaal"),
        _but("ce_source", f"{SOURCE}:signaal:x".encode()),
        _but("ce_subject", str(uuid4()).encode()),
        _but("ce_subject", b"a", b"b"),
        _but("ce_id", str(ME).encode(), str(ME).encode()),
        _but("ce_time", b"2026-11-24T13:00:00Z"),
        _but("ce_time", b"9999-12-31T23:59:59Z"),
        _but("ce_sequence", b"7", b"8"),
        _but("content-type", b"application/xml"),
        _but("content-type", b"application/json", b"application/json"),
    ],
    ids=lambda headers: str(headers[-1]),
)
@pytest.mark.regel("D2")
def test_an_envelope_that_does_not_fit_where_it_stands_is_poison(headers: Headers) -> None:
    """D2: type to topic, topic to its owner, subject and key to the data."""
    _, key, value = _signal()
    with pytest.raises(PoisonError) as refused:
        decode(headers, key, value, PLACE)
    assert not isinstance(refused.value, UnknownTypeError)


@pytest.mark.parametrize(
    "key", [None, b"", b"x", str(uuid4()).encode(), _signal()[1].upper(), b'"' + _signal()[1] + b'"']
)
def test_a_key_that_is_not_of_the_data_is_poison(key: bytes | None) -> None:
    headers, _, value = _signal()
    with pytest.raises(PoisonError):
        decode(headers, key, value, PLACE)


@pytest.mark.parametrize(
    "change",
    [
        lambda _value: None,
        lambda _value: b"",
        lambda _value: b"null",
        lambda value: value[:-1] + b',"later":NaN}',
        lambda value: value[:-1] + b',"later":-Infinity}',
        lambda value: value[:-1] + b',"gemeente":"0392"}',
        lambda value: value[:-1] + b',"later":{"a":1,"a":2}}',
        lambda value: value[:-1] + b',"later":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        lambda value: value[:-1] + b',"later":"' + b"x" * 1_048_576 + b'"}',
        lambda value: value + value,
        lambda value: b"\xef\xbb\xbf" + value,
        lambda value: value.decode().encode("utf-16"),
    ],
    ids=["none", "empty", "null", "nan", "infinity", "twice", "twice below", "deep", "large", "two", "mark", "utf-16"],
)
def test_data_that_readers_could_take_in_two_ways_are_poison(change: Callable[[bytes], bytes | None]) -> None:
    headers, key, value = _signal()
    with pytest.raises(PoisonError):
        decode(headers, key, change(value), PLACE)


def test_an_end_is_of_whom_its_key_says() -> None:
    """Of a person the subject is the key; of a signal the key is the youth's."""
    one, other = uuid4(), uuid4()
    person = PersoonVernietigd(reden=PersoonVernietigdReden.LEASE)
    signal = SignaalVernietigd(reden=SignaalReden.BEWAARTERMIJN)
    for event, subject, key, fits in (
        (person, one, one, True),
        (person, one, other, False),
        (signal, one, other, True),
    ):
        made = record(event, 7, NOW, subject=subject, key=key)
        place = PLACE._replace(topic=event.TOPIC)
        if fits:
            assert decode(made.headers, made.key, made.value, place).subject == subject
        else:
            with pytest.raises(PoisonError):
                decode(made.headers, made.key, made.value, place)


@pytest.mark.parametrize("kind", [b"nl.verwijsindex.signaal.afgegeven.v2", b"nl.verwijsindex.signaal.betwist.v1"])
def test_a_type_of_the_topic_that_comes_later_is_told_apart_from_poison(kind: bytes) -> None:
    _, key, value = _signal()
    with pytest.raises(UnknownTypeError, match=kind.decode()):
        decode(_but("ce_type", kind), key, value, PLACE)
