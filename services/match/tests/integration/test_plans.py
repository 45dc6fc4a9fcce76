"""What a batch asks for costs the same at any size (D15): another page per row, or a page in the log per lock, does not."""

from collections.abc import Mapping

import asyncpg
import pytest

from match.adapters.db import projectie
from platformkit.db.statement import Statement


@pytest.mark.regel("D15")
@pytest.mark.parametrize("vraag", [projectie._OUDERS_VAN, projectie._KINDEREN], ids=["parents", "children"])
async def test_parents_and_children_are_answered_from_an_index_alone(
    addresses: Mapping[str, str], vraag: Statement
) -> None:
    """Of a table of any size: what remains when it is neither read whole nor page by page."""
    worker = await asyncpg.connect(addresses["worker"])
    try:
        for keuze in ("plan_cache_mode = force_generic_plan", "enable_seqscan = off", "enable_bitmapscan = off"):
            await worker.execute(f"set {keuze}")
        await worker.execute(f"prepare vraag as {vraag.text}")
        plan = [line for (line,) in await worker.fetch("explain execute vraag('{}')")]
    finally:
        await worker.close()
    assert any("Index Only Scan" in line for line in plan), "\n".join(plan)


@pytest.mark.regel("D15")
async def test_locks_are_not_logged(looker: asyncpg.Connection) -> None:
    assert await looker.fetchval("select relpersistence from pg_class where relname = 'matchsleutel'") == b"u"
