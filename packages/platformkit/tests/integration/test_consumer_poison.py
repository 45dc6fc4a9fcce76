"""What can never be handled (D5): it is put aside with its bytes or passed by, and its neighbours go on."""

from collections.abc import Callable, Sequence

import pytest
from proef.adapters.db.tables import geteld
from proef.consuming import Record, has_seen, record, remember, running, send, subscribed
from proef.hulp import Proef
from sqlalchemy import bindparam, insert

from platformkit.db.statement import Statement
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from platformkit.messaging.replay import DeadLetters, Fate, Filter
from platformkit.testing import eventually_async

TELLEN = Statement(insert(geteld).values(sleutel="a", aantal=bindparam("aantal")))


def _broken() -> dict[str, Record]:
    headers, value = record(99)
    assert value is not None

    def without(name: str) -> list[tuple[str, bytes | None]]:
        return [each for each in headers if each[0] != name]

    def with_(name: str, raw: bytes | None) -> list[tuple[str, bytes | None]]:
        return [*without(name), (name, raw)]

    return {
        "broken JSON": (headers, b'{"persoonRef": '),
        "no UTF-8": (headers, b"\xff\xfe\x00"),
        "no value": (headers, None),
        "NUL in value": (headers, b"\x00"),
        "an array": (headers, b"[]"),
        "wrong contract": (headers, b'{"persoonRef": "geen uuid"}'),
        "two megabytes": (headers, b"x" * 2_000_000),
        "no headers": ([], value),
        **{f"no {name}": (without(f"ce_{name}"), value) for name in ("id", "source", "type", "specversion")},
        "another specversion": (with_("ce_specversion", b"0.3"), value),
        "no sequence": (without("ce_sequence"), value),
        "no subject": (without("ce_subject"), value),
        "header without value": (with_("ce_type", None), value),
        "foreign header without value": (with_("extra", None), b"{"),
        "header that is no UTF-8": (with_("ce_source", b"\xff\xfe"), b"{"),
        "NUL in a header": (with_("ce_id", b"a\x00b"), value),
        "NUL in traceparent": (with_("traceparent", b"\x00"), b"{"),
        "NUL in a header's name": (with_("a\x00b", b"x"), b"{"),
        "sequence beyond bigint": (with_("ce_sequence", b"99999999999999999999"), value),
        "negative sequence": (with_("ce_sequence", b"-1"), value),
        "sequence no number": (with_("ce_sequence", b"een"), value),
        "a very long id": (with_("ce_id", bytes(range(97, 122)) * 4000), value),
    }


@pytest.mark.parametrize("kind", sorted(_broken()))
async def test_poison_is_parked_with_its_bytes_and_neighbours_go_on(
    proef: Proef, make_topic: Callable[..., object], kind: str
) -> None:
    topic = await make_topic(max_message_bytes="4000000")  # type: ignore[misc]
    poison = _broken()[kind]
    await send(proef, topic, record(1), poison, record(2))
    async with running(proef, topic):
        await eventually_async(lambda: has_seen(proef, 1, 2))
    parked = await proef.rows('select payload, topic, "offset", error from dead_letter')
    assert [(row[0], row[1], row[2]) for row in parked] == [(poison[1], topic, 1)]
    assert parked[0][3]
    assert "geen uuid" not in parked[0][3]


async def test_what_only_the_handler_cannot_take_is_found_by_bisecting(proef: Proef, topic: str) -> None:
    async def picky(work: UnitOfWork, messages: Sequence[Message]) -> None:
        await remember(work, messages)
        if any(message.version in {13, 27} for message in messages):
            raise ValueError("geheim")

    await send(proef, topic, *(record(version) for version in range(1, 41)))
    async with running(proef, topic, picky):
        await eventually_async(lambda: has_seen(proef, *(v for v in range(1, 41) if v not in {13, 27})))
    assert await proef.rows('select "offset", error from dead_letter order by 1') == [
        (12, "ValueError"),
        (26, "ValueError"),
    ]


async def test_a_value_that_does_not_fit_its_column_is_poison_not_an_outage(proef: Proef, topic: str) -> None:
    async def overflowing(work: UnitOfWork, messages: Sequence[Message]) -> None:
        await work.execute(TELLEN, aantal=2**40 if messages[0].version == 1 else 1)

    await send(proef, topic, record(1))
    async with running(proef, topic, overflowing):
        await eventually_async(lambda: _parked(proef))


async def _parked(proef: Proef) -> bool:
    return await proef.count("dead_letter") == 1


@pytest.mark.parametrize(
    "kind", ["nl.verwijsindex.persoon.gewijzigd.v2", "nl.verwijsindex.iets.nieuws.v1", "999993653 woont.v1", "order"]
)
async def test_an_unknown_type_or_version_lies_aside_with_its_bytes(
    proef: Proef, topic: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    headers, value = record(1)
    other = [each for each in headers if each[0] != "ce_type"] + [("ce_type", kind.encode())]
    await send(proef, topic, (other, value), record(2))
    async with running(proef, topic):
        await eventually_async(lambda: has_seen(proef, 2))
    assert await proef.rows("select payload from dead_letter") == [value]
    assert "999993653" not in capsys.readouterr().out


async def test_a_header_that_stands_twice_is_kept_twice_and_poison_when_it_is_replayed(
    proef: Proef, topic: str
) -> None:
    headers, value = record(1)
    await send(proef, topic, ([*headers, ("ce_type", b"a"), ("x", b"1"), ("x", b"2")], value), record(2))
    async with running(proef, topic):
        await eventually_async(lambda: has_seen(proef, 2))
    letters = DeadLetters(proef.executor("worker"), [subscribed(topic)])
    (letter,) = await letters.find(Filter())
    assert {letter.headers[name] for name in ("x", "x#2", "ce_type#2")} == {"1", "2", "a"}
    assert (await letters.replay(letter.id, "beheerder")).fate is Fate.FAILED
    assert await proef.count("dead_letter") == 1
