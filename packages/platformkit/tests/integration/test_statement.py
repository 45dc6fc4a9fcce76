"""Statements: what goes in by name comes out by name, and what is left out is no null."""

from uuid import UUID, uuid4

import pytest
from proef.adapters.db.tables import ding, gezien, stand
from proef.hulp import Proef
from sqlalchemy import Text, bindparam, delete, func, insert, select, text

from platformkit.db.sets import columns_of, insert_rows, one_of
from platformkit.db.statement import Statement
from platformkit.errors import ConstraintError
from platformkit.executor import UnitOfWork

AANVULLEN = Statement(
    text("select 1 as een, cast(:b as text) || cast(:a as text) || :b as samen").bindparams(a="x", b="y")
)
ZONDER_WAARDE = Statement(select(bindparam("needed", type_=Text)))
INVOEGEN = Statement(text("insert into ding values (:id, :id, '0392', '') returning id").bindparams(id=None))
STANDEN = Statement(insert_rows(stand))


async def test_parameters_are_known_by_name_and_constants_stay(proef: Proef) -> None:
    async with proef.worker.transaction() as connection:
        assert [tuple(row) for row in await connection.rows(AANVULLEN, a="-", b="+")] == [(1, "+-+")]
        ((row),) = await connection.rows(AANVULLEN, a="-")
        assert (row.een, row["samen"], dict(row)) == (1, "y-y", {"een": 1, "samen": "y-y"})
        with pytest.raises(AttributeError, match="beide"):
            _ = row.beide


async def test_a_parameter_that_is_left_out_is_no_null(proef: Proef) -> None:
    async with proef.worker.transaction() as connection:
        with pytest.raises(KeyError):
            await connection.rows(ZONDER_WAARDE)


async def test_it_is_part_of_the_transaction_when_it_is_the_first(proef: Proef) -> None:
    """Else each statement would be committed by itself."""
    made = uuid4()

    async def niet() -> None:
        async with proef.all_seeing.transaction() as connection:
            assert len(await connection.rows(INVOEGEN, id=made)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await niet()
    assert await proef.rows("select 1 from ding where id = :id", id=made) == []


async def test_one_row_or_none_is_asked_for_and_more_is_a_mistake(proef: Proef) -> None:
    some = Statement(select(func.generate_series(1, bindparam("number")).label("one")))

    async def ask(work: UnitOfWork, number: int) -> tuple[object, object]:
        return await work.row(some, number=number), await work.value(some, number=number)

    executor = proef.executor("worker")
    assert await executor.execute(ask, None, 0) == (None, None)
    row, value = await executor.execute(ask, None, 1)
    assert (row["one"], value) == (1, 1)  # type: ignore[index]
    with pytest.raises(ValueError, match="too many"):
        await executor.execute(ask, None, 2)


async def test_what_was_done_is_counted(proef: Proef) -> None:
    some = [{"id": uuid4(), "eigenaar": uuid4(), "gemeente": "0392", "tekst": ""} for _ in range(3)]
    assert await proef.worker.execute(Statement(insert_rows(ding)), **columns_of(ding, some)) == 3
    gone = Statement(delete(ding).where(one_of(ding.c.id, "ids")))
    assert await proef.all_seeing.execute(gone, ids=[each["id"] for each in some[:2]]) == 2


async def test_a_row_that_is_refused_says_by_which_constraint(proef: Proef) -> None:
    made = uuid4()

    async def twice() -> None:
        async with proef.worker.transaction() as connection:
            for _ in range(2):
                await connection.rows(INVOEGEN, id=made)

    with pytest.raises(ConstraintError) as refused:
        await twice()
    assert refused.value.constraint == "ding_pkey"
    # That ended the transaction, not the connection.
    assert await proef.rows("select 1 from ding") == []
    await proef.worker.rows(INVOEGEN, id=made)


async def test_sets_of_rows_keep_their_arrays_apart(proef: Proef) -> None:
    """Arrays in an array of rows would have to be equally long; null, none and some are three things."""
    people: list[list[UUID] | None] = [[uuid4(), uuid4()], [], None, [uuid4()]]
    rows = [{"id": uuid4(), "versie": number, "personen": each} for number, each in enumerate(people)]
    await proef.worker.execute(STANDEN, **columns_of(stand, rows))
    assert await proef.rows("select personen from stand order by versie") == people
    assert await proef.rows("select count(status) from stand") == [0]


async def test_a_set_of_any_size_is_one_statement(proef: Proef) -> None:
    """The protocol takes 32,767 parameters at most."""
    columns = ("persoon", "versie")
    write = Statement(insert_rows(gezien, columns))
    me, many = uuid4(), range(40_000)
    rows = [{"persoon": me, "versie": number} for number in many]
    assert await proef.worker.execute(write, **columns_of(gezien, rows, columns)) == len(many)
    found = Statement(select(gezien.c.versie).where(one_of(gezien.c.versie, "versies")).order_by(gezien.c.volgnummer))
    assert [row.versie for row in await proef.all_seeing.rows(found, versies=list(many))] == list(many)


async def test_values_that_stand_in_a_statement_stay(proef: Proef) -> None:
    write = Statement(insert(stand).values(id=bindparam("id"), versie=7, status="actief"))
    await proef.worker.execute(write, id=uuid4())
    await proef.worker.execute(write, id=uuid4(), status="anders")
    assert await proef.rows("select status from stand where versie = 7 order by status") == ["actief", "anders"]
