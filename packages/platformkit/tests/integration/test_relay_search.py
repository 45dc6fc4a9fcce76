"""How the relay finds its rows (D3): late commits too, and without paying for what was removed."""

from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from proef.hulp import Proef, read_topic
from proef.relaying import ME, emptied, running, tell
from sqlalchemy import text

from lokaal.stack import Stack
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.outbox import search as search_module
from platformkit.outbox.search import Search
from platformkit.testing import eventually_async

LATE = Statement(
    text(
        "insert into outbox (event_id, topic, key, headers, payload, created_at)"
        " values (:id, :topic, 'late', '{\"ce_sequence\": \"0\"}', '', now())"
    )
)


async def test_a_row_that_commits_late_is_told(proef: Proef, topic: str) -> None:
    async with AsyncExitStack() as open_:
        late = await open_.enter_async_context(proef.api.transaction())
        await late.execute(LATE, id=uuid4(), topic=topic)
        async with running(proef):
            await tell(proef, topic, 1)
            await eventually_async(lambda: emptied(proef))
            await open_.aclose()
            await eventually_async(lambda: emptied(proef))
    records = await read_topic(proef.broker, topic, 2)
    assert [record.key for record in records] == [str(ME).encode(), b"late"]


@pytest.mark.parametrize(
    ("whole", "below"),
    [(3600.0, search_module._BELOW), (0.2, 0)],
    ids=["by its number", "by a look through the whole table"],
)
async def test_each_way_of_finding_a_late_row_finds_it_alone(
    proef: Proef, monkeypatch: pytest.MonkeyPatch, whole: float, below: int
) -> None:
    monkeypatch.setattr(search_module, "_WHOLE_SECONDS", whole)
    monkeypatch.setattr(search_module, "_BELOW", below)
    # A look that took a busy machine 40 ms would be the last one for twenty seconds: looks may take a five-hundredth.
    monkeypatch.setattr(search_module, "_WHOLE_SHARE", 1.0)
    search = Search(10)
    looking = proef.relay
    async with proef.api.transaction() as late:
        await late.execute(LATE, id=uuid4(), topic="persoon")
        await tell(proef, "persoon", 1)
        assert [row.position for row in await search.whole(looking)] == [2]
        assert await search.next(looking) == []

    async def found() -> list[int]:
        rows = await (search.whole(looking) if search.due() else search.next(looking))
        return [row.position for row in rows if row.key == "late"]

    assert await eventually_async(found) == [1]


async def test_a_look_passes_over_nothing_that_was_removed_beside_a_long_writer(proef: Proef, servers: Stack) -> None:
    """Removed rows stay as long as a transaction anywhere in the cluster may see them: looks must not pay for them."""
    elsewhere = Database(servers.addresses["postgres"]["superuser"], pool=1, application="test")
    # One connection: it knows what it read itself.
    looking = Database(proef.addresses["superuser"], pool=1, application="test")
    search = Search(2000)

    async def read() -> int:
        for each in ("pg_stat_force_next_flush()", "pg_stat_clear_snapshot()"):
            await looking.rows(Statement(text(f"select {each}")))
        asked = "select idx_tup_read from pg_stat_user_indexes where indexrelname = 'outbox_pkey'"
        return int((await looking.rows(Statement(text(asked))))[0][0])

    async with elsewhere.transaction() as writer:
        await writer.rows(Statement(text("select pg_current_xact_id()")))
        await tell(proef, "persoon", *range(1, 1001))
        assert len(await search.whole(looking)) == 1000
        await proef.rows("delete from outbox")
        before = await read()
        for _ in range(5):
            assert not await search.next(looking)
        assert await read() - before < 1000
    await elsewhere.close()
    await looking.close()
