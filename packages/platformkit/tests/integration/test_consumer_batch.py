"""One batch, handed to the consumer by hand: what is told and counted of it when a part is tried again (D5, D12)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from proef.adapters.db.tables import stand
from proef.consuming import make, subscribed
from proef.events import NOW, gewijzigd
from proef.hulp import Proef

from platformkit import telemetry
from platformkit.envelope import Message
from platformkit.errors import TransientError
from platformkit.executor import UnitOfWork
from platformkit.executor.ledger import Ledger
from platformkit.executor.projection import Projection, newest
from platformkit.messaging import consumer as consumer_module
from platformkit.messaging.consumer import Record
from platformkit.testing import record

TOPIC = "proef"
STANDEN = Projection(stand)


def _good(offset: int) -> Record:
    return record(gewijzigd(TOPIC, uuid4()), 1, NOW, offset=offset)


def _broken(offset: int) -> Record:
    made = _good(offset)
    made.value = b"{"
    return made


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The traceparents of the spans that are over."""
    found: list[str] = []

    def end(span: telemetry.EventSpan) -> None:
        found.append(span.traceparent)

    monkeypatch.setattr(telemetry.EventSpan, "end", end)
    return found


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The traceparents of the spans that began."""
    found: list[str] = []
    begin = telemetry.EventSpan.__init__

    def beginning(span: telemetry.EventSpan, *given: Any) -> None:
        begin(span, *given)
        found.append(span.traceparent)

    monkeypatch.setattr(telemetry.EventSpan, "__init__", beginning)
    return found


@pytest.fixture
def parked(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, int]:
    """How many messages were counted as parked, by consumer."""
    found: dict[str, int] = {}

    def add(number: int, attributes: Mapping[str, str]) -> None:
        found[attributes["consumer"]] = found.get(attributes["consumer"], 0) + number

    monkeypatch.setattr(consumer_module._parked, "add", add)
    return found


@contextmanager
def parking_fails(monkeypatch: pytest.MonkeyPatch, *fails: bool) -> Iterator[None]:
    """The database is away at these of the tries to put something aside."""
    outcomes, park = list(fails), Ledger.park

    async def failing(ledger: Ledger, *given: Any) -> Any:
        if outcomes and outcomes.pop(0):
            raise TransientError("weg")
        return await park(ledger, *given)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "park", failing)
        yield
    assert not outcomes


async def test_what_is_unreadable_is_put_aside_and_counted_once_however_often_it_is_tried(
    proef: Proef, monkeypatch: pytest.MonkeyPatch, begun: list[str], ended: list[str], parked: Mapping[str, int]
) -> None:
    # More failures than the executor bears by itself, so that the consumer tries again.
    batch = [_good(0), _broken(1), _good(2), _broken(3)]
    with parking_fails(monkeypatch, False, *[True] * 4):
        assert await make(proef, TOPIC).handle(subscribed(TOPIC), batch)
    assert await proef.rows('select "offset" from dead_letter order by 1') == [1, 3]
    assert parked == {f"groep-{TOPIC}": 2}
    assert len(begun) == 2
    assert sorted(ended) == sorted(begun)
    # Read again after a rebalance: it lies there already.
    assert await make(proef, TOPIC).handle(subscribed(TOPIC), batch)
    assert await proef.count("dead_letter") == 2
    assert parked == {f"groep-{TOPIC}": 2}


async def test_what_one_can_never_handle_is_put_aside_when_the_database_is_back(
    proef: Proef, monkeypatch: pytest.MonkeyPatch, begun: list[str], ended: list[str], parked: Mapping[str, int]
) -> None:
    async def refuses(_work: UnitOfWork, _messages: Sequence[Message]) -> None:
        raise ValueError("geheim")

    with parking_fails(monkeypatch, *[True] * 4):
        assert await make(proef, TOPIC, refuses).handle(subscribed(TOPIC, refuses), [_good(0)])
    assert parked == {f"groep-{TOPIC}": 1}
    assert ended == begun


async def test_a_version_that_is_absurdly_far_ahead_is_put_aside_and_true_ones_count(proef: Proef) -> None:
    """Also when it comes in one batch with them, of which it would be the newest."""
    person = uuid4()

    async def project(work: UnitOfWork, messages: Sequence[Message]) -> None:
        await STANDEN.store(work, [{"id": each.subject, "versie": each.version} for each in newest(messages)])

    batch = [
        record(gewijzigd(TOPIC, person), version, NOW, offset=offset) for offset, version in enumerate([1, 2**62, 2])
    ]
    assert await make(proef, TOPIC, project).handle(subscribed(TOPIC, project), batch)
    assert await proef.rows("select versie from stand") == [2]
    assert await proef.rows('select "offset", error from dead_letter') == [(1, "a version that is too far ahead")]
