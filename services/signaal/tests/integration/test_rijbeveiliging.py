"""Row-level security (D6): every role meets its own rows only, and without a context nothing is answered."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from platformkit.db.statement import Row, Statement
from platformkit.errors import ConstraintError
from platformkit.executor import Executor, UnitOfWork
from signaal.application import contexts

TABLES = ("professional", "account", "signaal", "persoon", "betrokkenheid", "signaal_telling")
COPY = (
    "insert into signaal select (jsonb_populate_record(signaal, cast(:changes as jsonb))).* from signaal where id = :id"
)
END = "update signaal set status = 'inactief', inactief_sinds = begindatum where id = :id"


@pytest.fixture
async def gevuld(wereld: Any) -> Any:
    """Two professionals, each with a signal on the same youth."""
    eerste, tweede = await wereld.professional(), await wereld.professional()
    ref = wereld.jeugdige()
    signalen = [(await wereld.geef_af(each)).json()["signaalId"] for each in (eerste, tweede)]
    return eerste, tweede, ref, signalen


async def rows(work: UnitOfWork, query: str, **values: Any) -> list[Row]:
    return await work.rows(Statement(text(query)), **values)


async def do(work: UnitOfWork, statement: str, **values: Any) -> int:
    return await work.execute(Statement(text(statement)), **values)


async def test_every_table_with_people_or_signals_is_forced(looker: asyncpg.Connection, gevuld: Any) -> None:
    found = await looker.fetch(
        "select relname from pg_class where relrowsecurity and relforcerowsecurity and relname = any($1)", list(TABLES)
    )
    assert {row["relname"] for row in found} == set(TABLES)


@pytest.mark.parametrize("table", ["professional", "account", "signaal", "persoon", "betrokkenheid"])
async def test_no_context_is_an_error(api: Executor, gevuld: Any, table: str) -> None:
    # On a new connection there is no such setting; on one that had a context it is empty, which nothing allows.
    with pytest.raises((asyncpg.PostgresError, ConstraintError)):
        await api.execute(rows, None, f"select * from {table}")


@pytest.mark.regel("R120")
async def test_a_professional_meets_own_rows_only(api: Executor, gevuld: Any) -> None:
    eerste, _, ref, _ = gevuld
    context = contexts.professional(eerste.account_id)
    found = await api.execute(rows, context, "select account from signaal")
    assert {row.account for row in found} == {eerste.account_id}
    involved = await api.execute(rows, context, "select account from betrokkenheid where persoon_ref = :ref", ref=ref)
    assert [row.account for row in involved] == [eerste.account_id]
    youths = await api.execute(rows, context, "select persoon_ref from persoon")
    assert [row.persoon_ref for row in youths] == [ref]
    assert await api.execute(rows, context, "select id from account") == []
    assert await api.execute(rows, context, "select id from professional") == []


async def test_a_professional_changes_no_foreign_row(api: Executor, gevuld: Any) -> None:
    eerste, _, _, (_, foreign) = gevuld
    context = contexts.professional(eerste.account_id)
    assert await api.execute(do, context, END, id=UUID(foreign)) == 0


async def test_a_professional_issues_in_nobody_elses_name(api: Executor, gevuld: Any) -> None:
    eerste, tweede, _, (own, _) = gevuld
    context = contexts.professional(eerste.account_id)
    changes = f'{{"id": "{uuid4()}", "account": "{tweede.account_id}", "persoon_ref": "{uuid4()}"}}'
    with pytest.raises(asyncpg.PostgresError, match="row-level security"):
        await api.execute(do, context, COPY, id=UUID(own), changes=changes)


async def test_a_foreign_signal_does_not_show_through_a_conflict(api: Executor, gevuld: Any) -> None:
    """The other one has an active signal on the same youth for the same days; mine, ended, may come again."""
    eerste, _, ref, (own, _) = gevuld
    changes = f'{{"id": "{uuid4()}", "status": "actief", "inactief_sinds": null}}'

    async def again(work: UnitOfWork) -> list[Row]:
        await do(work, END, id=UUID(own))
        assert await do(work, COPY, id=UUID(own), changes=changes) == 1
        return await rows(work, "select id from signaal where persoon_ref = :ref", ref=ref)

    assert len(await api.execute(again, contexts.professional(eerste.account_id))) == 2


async def test_a_professional_changes_no_youth_of_others(api: Executor, wereld: Any, gevuld: Any) -> None:
    _, _, ref, _ = gevuld
    vreemd = await wereld.professional()
    context = contexts.professional(vreemd.account_id)
    assert await api.execute(rows, context, "select * from persoon") == []
    assert await api.execute(do, context, "update persoon set versie = 9 where persoon_ref = :ref", ref=ref) == 0
    for each in (ref, uuid4()):
        made = (
            "insert into persoon values (:ref, 9, 'in-leven', '0392', false)"
            " on conflict (persoon_ref) do update set versie = 9"
        )
        with pytest.raises(asyncpg.PostgresError, match="row-level security"):
            await api.execute(do, context, made, ref=each)


async def test_nobody_counts_a_signal_of_another(api: Executor, gevuld: Any) -> None:
    eerste, _, _, (_, foreign) = gevuld
    context = contexts.professional(eerste.account_id)
    count = "insert into signaal_telling values (:id, '4-12', 'V', 'buiten-regio', null, :id, '2026-W47')"
    with pytest.raises(asyncpg.PostgresError, match="row-level security"):
        await api.execute(do, context, count, id=UUID(foreign))


@pytest.mark.regel("D16", "D17")
@pytest.mark.parametrize(
    ("role", "visible"),
    [
        ("identificatie", {"account"}),
        ("functioneel-beheerder", {"account", "professional"}),
        ("brp-proxy", {"signaal"}),
        ("match", {"account", "professional"}),
        ("notificatie", {"account", "professional", "signaal", "persoon"}),
        ("onbekend", set()),
    ],
)
async def test_each_role_meets_the_tables_of_its_endpoint(
    api: Executor, gevuld: Any, role: str, visible: set[str]
) -> None:
    met = {
        table
        for table in ("professional", "account", "signaal", "persoon", "betrokkenheid")
        if await api.execute(rows, contexts.dienst(role), f"select 1 from {table} limit 1")
    }
    assert met == visible


@pytest.mark.parametrize(
    "statement", ["delete from signaal", "select * from signaal_telling", "select person from audit"]
)
async def test_what_no_endpoint_does_is_not_granted(api: Executor, gevuld: Any, statement: str) -> None:
    eerste, *_ = gevuld
    with pytest.raises(asyncpg.PostgresError, match="permission denied"):
        await api.execute(do, contexts.professional(eerste.account_id), statement)


async def test_the_api_cannot_become_the_worker(api: Executor) -> None:
    with pytest.raises(asyncpg.PostgresError):
        await api.execute(do, None, "set role signaal_worker")


async def test_the_worker_meets_signals_and_no_people(worker: Executor, gevuld: Any) -> None:
    assert await worker.execute(rows, None, "select id from signaal limit 1")
    for table in ("professional", "account", "betrokkenheid"):
        with pytest.raises(asyncpg.PostgresError, match="permission denied"):
            await worker.execute(rows, None, f"select * from {table}")
