"""CloudEvents in Kafka's binary mode (D2): what goes in comes out, and it satisfies the NL GOV profile."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proef.events import NOW, gewijzigd
from proef.hulp import SOURCE

from contracts.base import Event
from contracts.persoon import Ouder, PersoonVastgelegd, PersoonVernietigd, PersoonVernietigdReden
from platformkit.messaging.envelope import PoisonError, UnknownTypeError, decode, encode, headers_of

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
