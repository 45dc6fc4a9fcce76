"""In memory as in PostgreSQL: what transactions see of each other, wait for and leave behind."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from services.match.tests.simulatie.databases import Database, TerugError
from services.match.tests.simulatie.rijen import band, een_match, ended, rij

from match.domain.match import Match
from match.domain.signaal import Signaalstand
from platformkit.errors import ConstraintError
from platformkit.executor import UnitOfWork
from platformkit.retry import is_transient

pytestmark = pytest.mark.timeout(120)


async def test_what_is_rolled_back_was_never_there(db: Database) -> None:
    jeugdige, ouder = uuid4(), uuid4()
    een, m = rij(jeugdige), een_match(jeugdige, jeugdige)

    async def niet() -> None:
        async with db.transactie() as t:
            await db.opslag.projectie.werk_signalen_bij(t, [een])
            await db.opslag.projectie.vervang_ouders(t, [jeugdige], [band(jeugdige, ouder)])
            await db.opslag.matches.bewaar(t, [m])
            raise TerugError

    with pytest.raises(TerugError):
        await niet()
    async with db.transactie() as t:
        assert await db.opslag.projectie.signalen_met_id(t, [een.signaal_id]) == {}
        assert await db.opslag.projectie.ouders(t, [jeugdige]) == []
        assert await db.opslag.matches.met_id(t, [m.match_id]) == []


async def test_a_statement_sees_what_was_committed_before_it_began_and_no_more(db: Database) -> None:
    jeugdige = uuid4()
    een, m = rij(jeugdige), een_match(jeugdige, jeugdige)
    async with db.transactie() as lezer:
        assert await db.opslag.projectie.signalen(lezer, [jeugdige]) == []
        async with db.transactie() as schrijver:
            await db.opslag.projectie.werk_signalen_bij(schrijver, [een])
            await db.opslag.matches.bewaar(schrijver, [m])
            assert len(await db.opslag.projectie.signalen(schrijver, [jeugdige])) == 1
            assert await db.opslag.projectie.signalen(lezer, [jeugdige]) == []
            assert await db.opslag.matches.van(lezer, [m.signaal_a]) == []
        assert len(await db.opslag.projectie.signalen(lezer, [jeugdige])) == 1
        assert await db.opslag.matches.van(lezer, [m.signaal_a]) == [m]


@pytest.mark.parametrize("soort", ["jeugdigen", "ouders"])
@pytest.mark.parametrize("bekend", [True, False])
@pytest.mark.parametrize("terug", [True, False])
async def test_a_key_is_held_by_one_at_a_time(db: Database, soort: str, bekend: bool, terug: bool) -> None:
    """Also a key that did not exist, and whatever becomes of its first holder; the next sees what that one did."""
    ref = uuid4()
    een = rij(ref)
    if bekend:
        async with db.transactie() as t:
            await getattr(db.opslag.sleutels, soort)(t, [ref])

    async def tweede() -> Any:
        async with db.transactie() as t:
            await getattr(db.opslag.sleutels, soort)(t, [uuid4(), ref])
            return await db.opslag.projectie.signalen(t, [ref])

    async def eerste() -> "asyncio.Task[Any]":
        async with db.transactie() as t:
            await getattr(db.opslag.sleutels, soort)(t, [ref])
            taak = asyncio.create_task(tweede())
            await db.opslag.projectie.werk_signalen_bij(t, [een])
            await db.iemand_wacht()
            assert not taak.done()
            wachter.append(taak)
            if terug:
                raise TerugError
        return taak

    wachter: list[asyncio.Task[Any]] = []
    try:
        await eerste()
    except TerugError:
        assert terug
    assert len(await wachter[0]) == (0 if terug else 1)


async def test_a_key_that_another_made_meanwhile_and_holds_is_not_waited_for(db: Database) -> None:
    """It would come after a key with a higher id, which its holder may want."""
    laag, hoog = sorted((uuid4(), uuid4()))

    async def vergrendel_beide() -> None:
        async with db.transactie() as t:
            await db.opslag.sleutels.jeugdigen(t, [laag, hoog])

    async with db.transactie() as houder:
        async with db.transactie() as eerste:
            await db.opslag.sleutels.jeugdigen(eerste, [laag])
            taak = asyncio.create_task(vergrendel_beide())
            await db.iemand_wacht()
            async with db.transactie() as maker:
                await db.opslag.sleutels.jeugdigen(maker, [hoog])
            await db.opslag.sleutels.jeugdigen(houder, [hoog])
        with pytest.raises(asyncpg.LockNotAvailableError) as gevangen:
            await taak
        assert is_transient(gevangen.value)


async def test_a_youth_and_a_parent_with_one_id_do_not_wait_for_each_other(db: Database) -> None:
    ref = uuid4()
    async with db.transactie() as een, db.transactie() as ander:
        await db.opslag.sleutels.jeugdigen(een, [ref])
        await db.opslag.sleutels.ouders(ander, [ref])
        await db.opslag.sleutels.jeugdigen(een, [ref])
        await db.opslag.sleutels.jeugdigen(een, [])


async def test_who_wait_in_a_circle_are_told_to_start_again(db: Database) -> None:
    een, ander = uuid4(), uuid4()
    async with db.transactie() as t:
        await db.opslag.sleutels.jeugdigen(t, [een, ander])
    beide_houden = asyncio.Barrier(2)

    async def pak(eerst: UUID, dan: UUID) -> None:
        async with db.transactie() as t:
            await db.opslag.sleutels.jeugdigen(t, [eerst])
            await beide_houden.wait()
            await db.opslag.sleutels.jeugdigen(t, [dan])

    uitkomsten = await asyncio.gather(pak(een, ander), pak(ander, een), return_exceptions=True)
    (fout,) = (each for each in uitkomsten if each is not None)
    assert isinstance(fout, asyncpg.DeadlockDetectedError)
    assert is_transient(fout)
    async with db.transactie() as t:
        await db.opslag.sleutels.jeugdigen(t, [een, ander])


async def wachtend_op(
    db: Database, eerst: Callable[[UnitOfWork], Awaitable[Any]], dan: Callable[[UnitOfWork], Awaitable[Any]]
) -> Any:
    """What `dan` gives, begun while the transaction of `eerst` was open, which it waits for."""

    async def tweede() -> Any:
        async with db.transactie() as t:
            return await dan(t)

    async with db.transactie() as t:
        await eerst(t)
        taak = asyncio.create_task(tweede())
        await db.iemand_wacht()
    return await taak


async def test_an_upsert_waits_and_then_judges_the_newest_version(db: Database) -> None:
    een = rij(uuid4(), 2)
    nieuwer, ouder = een._replace(versie=3), een._replace(versie=1)

    def werk_bij(gegeven: Signaalstand) -> Callable[[UnitOfWork], Awaitable[Any]]:
        return lambda t: db.opslag.projectie.werk_signalen_bij(t, [gegeven])

    assert await wachtend_op(db, werk_bij(een), werk_bij(ouder)) == {}
    assert await wachtend_op(db, werk_bij(ouder), werk_bij(nieuwer)) == {een.signaal_id: een}


async def test_a_match_that_another_is_storing_is_waited_for(db: Database) -> None:
    m = een_match(*[uuid4()] * 2)
    await wachtend_op(db, lambda t: db.opslag.matches.bewaar(t, [m]), lambda t: db.opslag.matches.bewaar(t, [ended(m)]))
    async with db.transactie() as t:
        assert await db.opslag.matches.met_id(t, [m.match_id]) == [ended(m)]


async def test_the_same_parent_given_twice_at_once_is_refused(db: Database) -> None:
    """What the locks prevent: else each inserts what the other has just inserted, too."""
    kind, ouder = uuid4(), uuid4()

    def geef(t: UnitOfWork) -> Awaitable[None]:
        return db.opslag.projectie.vervang_ouders(t, [kind], [band(kind, ouder)])

    with pytest.raises(ConstraintError) as gevangen:
        await wachtend_op(db, geef, geef)
    assert not is_transient(gevangen.value)


async def test_two_removed_signals_of_one_match_find_it_once(db: Database) -> None:
    """Their youths need not have a parent in common any more: the match itself is held."""
    m = ended(een_match(uuid4(), uuid4()))
    async with db.transactie() as t:
        await db.opslag.matches.bewaar(t, [m])

    async def tweede() -> list[Match]:
        async with db.transactie() as t:
            return await db.opslag.matches.beeindigd_voor(t, [m.signaal_b])

    async with db.transactie() as t:
        assert await db.opslag.matches.beeindigd_voor(t, [m.signaal_a]) == [m]
        taak = asyncio.create_task(tweede())
        await db.iemand_wacht()
        await db.opslag.matches.bewaar(t, [m.ten_onrechte(m.signaal_a, 0)])
    assert await taak == []
