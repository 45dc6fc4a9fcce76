"""Who did what is written once, by whoever did it, and stays what it was (D12)."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from proef.events import NOW
from proef.hulp import Proef, context
from sqlalchemy import bindparam, text

from platformkit.audit import sealing
from platformkit.audit.sealing import Sealer
from platformkit.clock import FixedClock
from platformkit.db.context import DatabaseContext
from platformkit.db.statement import Statement
from platformkit.errors import ConstraintError
from platformkit.executor import Executor, UnitOfWork
from platformkit.service import audit
from platformkit.service.process import opened

ME = UUID(int=7)
_FORGE = Statement(
    text(
        "insert into audit (id, at, actor, role, action, outcome)"
        " values (gen_random_uuid(), now(), :actor, 'professional', 'x', 'ok')"
    ).bindparams(bindparam("actor"))
)


async def _look(work: UnitOfWork, times: int = 1) -> None:
    for _ in range(times):
        work.audit("ding.lezen", outcome="ok", object=uuid4())


async def _seal(proef: Proef, *, months: int = 0, sealer: Sealer | None = None) -> None:
    executor = Executor(proef.worker, FixedClock(NOW + timedelta(days=31 * months)), "urn:x")
    sealer = sealer or Sealer(executor)
    while await sealer():
        pass


async def _verify(proef: Proef, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    async with opened(proef.settings(), service="proef", role="worker", part="test") as process:
        code = await audit.command("proef").run(process, words)
    return code, capsys.readouterr().out


async def _links(proef: Proef) -> list[Any]:
    return await proef.rows("select link from audit_chain order by month, number")


@pytest.mark.parametrize("role", ["api", "worker"])
async def test_nobody_records_another(proef: Proef, role: str) -> None:
    async def forge(work: UnitOfWork, actor: str) -> None:
        await work.execute(_FORGE, actor=actor)

    executor = proef.executor(role)
    await executor.execute(forge, context(ME), str(ME))
    with pytest.raises(asyncpg.PostgresError, match="row-level security"):
        await executor.execute(forge, context(ME), str(UUID(int=8)))
    for nobody in (None, DatabaseContext(ME, "professional")):
        with pytest.raises((asyncpg.PostgresError, ConstraintError)):
            await executor.execute(forge, nobody, "")
    assert await proef.count("audit") == 1


async def test_who_is_not_in_the_context_cannot_be_recorded(proef: Proef) -> None:
    for nobody in (None, DatabaseContext(ME, "professional")):
        with pytest.raises(ValueError, match="who does this"):
            await proef.executor("api").execute(_look, nobody)
    assert await proef.count("audit") == 0


@pytest.mark.parametrize("role", ["api", "worker", "relay"])
@pytest.mark.parametrize("table", ["audit", "audit_month", "audit_chain"])
@pytest.mark.parametrize("deed", ["delete from {}", "update {} set {} = {}", "truncate {}"])
async def test_no_role_of_a_service_changes_what_was_recorded(proef: Proef, role: str, table: str, deed: str) -> None:
    column = {"audit": "outcome", "audit_month": "begins", "audit_chain": "link"}[table]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await getattr(proef, role).execute(Statement(text(deed.format(table, column, column))))


async def test_what_was_recorded_is_sealed_once(proef: Proef, capsys: pytest.CaptureFixture[str]) -> None:
    await proef.executor("api").execute(_look, context(ME), sealing.STEP + 1)
    sealer = Sealer(proef.executor("worker"))
    await _seal(proef, sealer=sealer)
    first = await _links(proef)
    assert len(first) == sealing.STEP + 1
    await proef.executor("api").execute(_look, context(ME))
    # One that goes on, and one that begins again.
    await _seal(proef, sealer=sealer)
    await _seal(proef)
    assert (await _links(proef))[:-1] == first
    code, said = await _verify(proef, capsys)
    assert (code, said.splitlines()[-1]) == (0, "As it was recorded.")


async def test_a_row_that_comes_late_is_sealed_as_well(proef: Proef) -> None:
    sealer = Sealer(proef.executor("worker"))
    late = proef.api.transaction()
    connection = await late.__aenter__()
    work = await proef.executor("api")._begin(connection, context(ME))
    await _look(work)
    await work.flush()
    await proef.executor("api").execute(_look, context(ME))
    await _seal(proef, sealer=sealer)
    assert len(await _links(proef)) == 1
    await late.__aexit__(None, None, None)
    await _seal(proef, sealer=sealer)
    assert len(await _links(proef)) == 2


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        ("update audit set outcome = 'niets' where id = :third", "row {third} was changed or removed"),
        ("update audit set actor = 'iemand' where id = :third", "row {third} was changed or removed"),
        ("delete from audit where id = :third", "row {third} was changed or removed"),
        ("delete from audit_chain where audit_id = :third", "links are missing"),
        (
            "with links as (delete from audit_chain where number > 2 and month = (select min(month) from audit_chain)"
            " returning audit_id) delete from audit using links where id = audit_id and :third is not null",
            "does not go on from the month before",
        ),
    ],
)
async def test_what_was_changed_afterwards_is_found(
    proef: Proef, capsys: pytest.CaptureFixture[str], deed: str, found: str
) -> None:
    for month in range(2):
        await proef.executor("api").execute(_look, context(ME), 4)
        await _seal(proef, months=month)
    third = (await proef.rows("select audit_id from audit_chain order by month, number limit 3"))[-1]
    assert (await _verify(proef, capsys))[0] == 0
    await proef.rows(deed.replace(":third", f"'{third}'"))
    code, said = await _verify(proef, capsys)
    assert code == 1
    assert found.format(third=third) in said
    assert said.count("was changed") <= 1


async def test_a_chain_that_was_made_anew_lacks_the_anchor(proef: Proef, capsys: pytest.CaptureFixture[str]) -> None:
    await proef.executor("api").execute(_look, context(ME), 3)
    await _seal(proef)
    anchor = (await _links(proef))[-1].hex()
    assert (await _verify(proef, capsys, "--anchor", anchor))[0] == 0
    await proef.rows("truncate audit_chain, audit_month")
    await proef.rows("update audit set outcome = 'niets'")
    await _seal(proef)
    assert (await _verify(proef, capsys))[0] == 0
    code, said = await _verify(proef, capsys, "--anchor", anchor)
    assert code == 1
    assert "is nowhere" in said


async def test_what_nobody_seals_is_told(proef: Proef, capsys: pytest.CaptureFixture[str]) -> None:
    await proef.rows(
        "insert into audit (id, at, actor, role, action, outcome)"
        " values ('01900000-0000-7000-8000-000000000000', now(), 'x', 'x', 'x', 'x')"
    )
    code, said = await _verify(proef, capsys)
    assert code == 1
    assert "1 rows are not sealed" in said


async def test_old_months_can_go(proef: Proef, capsys: pytest.CaptureFixture[str]) -> None:
    for month in range(3):
        await proef.executor("api").execute(_look, context(ME), 2)
        await _seal(proef, months=month)
    await proef.rows(
        "delete from audit using audit_chain where audit_id = id and month = (select min(month) from audit_month)"
    )
    await proef.rows("delete from audit_chain where month = (select min(month) from audit_month)")
    await proef.rows("delete from audit_month where month = (select min(month) from audit_month)")
    code, said = await _verify(proef, capsys)
    assert code == 0
    assert len(re.findall(r"2 rows", said)) == 2
