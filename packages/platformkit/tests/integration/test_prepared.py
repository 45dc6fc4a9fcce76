"""Statements that the driver runs take part in the transaction and the pool of SQLAlchemy's connection."""

from uuid import uuid4

import pytest
from proef.hulp import Proef
from sqlalchemy import Text, bindparam, func, select, text

from platformkit.db.engine import make_engine
from platformkit.db.prepared import Prepared
from platformkit.retry import is_transient

AANVULLEN = Prepared(text("select 1, cast(:b as text) || cast(:a as text) || :b").bindparams(a="x", b="y"))
ZONDER_WAARDE = Prepared(select(bindparam("needed", type_=Text)))
WIE = Prepared(select(func.pg_backend_pid()))
WACHT = Prepared(select(func.pg_sleep(30)))
INVOEGEN = Prepared(text("insert into ding values (:id, :id, '0392', '') returning id").bindparams(id=None))


async def test_parameters_are_known_by_name_and_constants_stay(proef: Proef) -> None:
    async with proef.worker.begin() as connection:
        assert [tuple(row) for row in await AANVULLEN.rows(connection, a="-", b="+")] == [(1, "+-+")]
        assert [tuple(row) for row in await AANVULLEN.rows(connection, a="-")] == [(1, "y-y")]


async def test_a_parameter_that_is_left_out_is_no_null(proef: Proef) -> None:
    async with proef.worker.begin() as connection:
        with pytest.raises(KeyError):
            await ZONDER_WAARDE.rows(connection, other=1)


async def test_it_begins_the_transaction_when_it_is_the_first(proef: Proef) -> None:
    """Else each statement would be committed by itself."""
    ding = uuid4()

    async def niet() -> None:
        async with proef.all_seeing.begin() as connection:
            assert len(await INVOEGEN.rows(connection, id=ding)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await niet()
    assert await proef.rows("select 1 from ding where id = :id", id=ding) == []


async def test_a_lost_connection_is_transient_and_goes_to_nobody_else(proef: Proef) -> None:
    engine = make_engine(proef.worker.url.render_as_string(hide_password=False), pool=1, application="proef")

    async def verbroken() -> None:
        async with engine.begin() as connection:
            ((pid,),) = await WIE.rows(connection)
            await proef.rows("select pg_terminate_backend(:pid)", pid=pid)
            await WACHT.rows(connection)

    with pytest.raises(Exception) as lost:  # noqa: PT011  # of whatever kind
        await verbroken()
    assert is_transient(lost.value)
    async with engine.begin() as connection:
        assert len(await WIE.rows(connection)) == 1
    await engine.dispose()
