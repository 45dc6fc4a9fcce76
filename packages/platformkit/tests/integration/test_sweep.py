"""Technical rows go when nothing needs them any more, and not earlier (D3, D8)."""

import asyncio
from datetime import timedelta

import pytest
from proef.events import NOW
from proef.hulp import Proef

from contracts.registry import topics
from platformkit.executor import UnitOfWork
from platformkit.health import Heartbeat
from platformkit.service.sweep import INBOX_KEPT, Sweep, sweeping

LONGEST = timedelta(milliseconds=max(topic.retention_ms for topic in topics().values()))
MINUTE = timedelta(minutes=1)


async def _sweep(proef: Proef) -> None:
    sweep = Sweep(proef.executor("worker"))
    while await sweep():
        pass


async def test_keys_go_after_two_days(proef: Proef) -> None:
    for name, age in (("old", timedelta(hours=48) + MINUTE), ("young", timedelta(hours=47))):
        await proef.rows(
            "insert into idempotency values (gen_random_uuid(), :name, '', gen_random_uuid(), :at)",
            name=name,
            at=NOW - age,
        )
    await _sweep(proef)
    assert await proef.rows("select key from idempotency") == ["young"]


@pytest.mark.regel("D3")
async def test_the_inbox_outlives_a_topic_and_a_dead_letter_of_it(proef: Proef) -> None:
    assert INBOX_KEPT > 2 * LONGEST
    for name, age in (("old", INBOX_KEPT + MINUTE), ("young", 2 * LONGEST)):
        await proef.rows("insert into inbox values ('lezer', :name, :at)", name=name, at=NOW - age)
    await _sweep(proef)
    assert await proef.rows("select event_id from inbox") == ["young"]


@pytest.mark.regel("D8")
async def test_a_dead_letter_goes_with_its_topic(proef: Proef) -> None:
    week = timedelta(days=7)
    ages = {
        ("kort", 1): week + MINUTE,
        ("kort", 2): week - MINUTE,
        ("lang", 3): week + MINUTE,
        ("vreemd", 4): LONGEST + MINUTE,
        ("vreemd", 5): LONGEST - MINUTE,
    }
    for (topic, offset), age in ages.items():
        await proef.rows(
            "insert into dead_letter values (gen_random_uuid(), 'lezer', :topic, 0, :offset, null, '{}', null, 'x', null, :at)",
            topic=topic,
            offset=offset,
            at=NOW - age,
        )
    await Sweep(proef.executor("worker"), {"kort": week, "lang": LONGEST})()
    assert await proef.rows('select "offset" from dead_letter order by 1') == [2, 3, 5]


async def test_many_rows_go_in_batches(proef: Proef) -> None:
    await proef.rows(
        "insert into inbox select 'lezer', n::text, :at from generate_series(1, 2500) n", at=NOW - INBOX_KEPT - MINUTE
    )
    assert await Sweep(proef.executor("worker"))() == 1000
    await _sweep(proef)
    assert await proef.count("inbox") == 0


async def test_what_cannot_be_swept_ends_the_job_and_undoes_the_rest(
    proef: Proef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep that fails in silence would let dead letters outlive a destruction."""
    delete = Sweep._delete

    async def fails(sweep: Sweep, work: UnitOfWork) -> int:
        await delete(sweep, work)
        raise RuntimeError("geheim")

    monkeypatch.setattr(Sweep, "_delete", fails)
    await proef.rows("insert into inbox values ('lezer', 'old', :at)", at=NOW - INBOX_KEPT - MINUTE)
    with pytest.raises(RuntimeError):
        await asyncio.wait_for(sweeping(proef.executor("worker"))(asyncio.Event(), Heartbeat(None)), 20)
    assert await proef.count("inbox") == 1
