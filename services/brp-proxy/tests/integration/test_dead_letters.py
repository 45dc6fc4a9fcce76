"""Dead letters of brp-proxy: the end of a signal that lay aside, and what a destroyed person leaves (D1, D5, D8)."""

from uuid import UUID, uuid4

import pytest

from brp_proxy.adapters.db.levensloop import PostgresLevensloopRepository
from brp_proxy.application.handlers.signalen_verwerken import CONSUMER, SignalenVerwerken
from platformkit.envelope import Message, encode
from platformkit.executor import Executor, UnitOfWork
from platformkit.executor.ledger import Parked
from platformkit.messaging.consumer import Subscription
from platformkit.messaging.replay import DeadLetters, Fate, Filter


async def _leg_opzij(omgeving, message: Message) -> UUID:
    headers, value = encode(
        message.event,
        event_id=uuid4(),
        subject=message.subject,
        source="urn:nld:oin:00000099000000001000:systeem",
        version=message.version,
        time=message.time,
    )
    parked = Parked("signaal", 0, uuid4().int >> 80, str(message.key).encode(), headers, value, "ValueError", None)

    async def park(work: UnitOfWork) -> None:
        await work.ledger.park(CONSUMER, parked, work.now)

    await omgeving.executor("worker").execute(park, None)
    return (await _brieven(omgeving).find(Filter()))[-1].id


def _brieven(omgeving) -> DeadLetters:
    executor: Executor = omgeving.executor("worker")
    return DeadLetters(executor, [Subscription(CONSUMER, "signaal", SignalenVerwerken(PostgresLevensloopRepository()))])


@pytest.mark.regel("D5")
async def test_the_last_end_replayed_ends_the_person(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    signaal = omgeving.signaal(ref)
    await omgeving.verwerk(signaal)
    letter = await _leg_opzij(omgeving, omgeving.vernietigd(signaal, 2))
    assert await omgeving.loop_leases_na() == 0
    assert (await _brieven(omgeving).replay(letter, "iemand")).fate is Fate.HANDLED
    assert await omgeving.loop_leases_na() == 1
    assert await kijk.aantal("verwijzing") == 0


@pytest.mark.regel("D8")
async def test_a_destroyed_person_leaves_no_dead_letter(omgeving, kijk) -> None:
    ref = (await omgeving.leg_vast()).persoon_ref
    broer = (await omgeving.leg_vast(omgeving.BROER)).persoon_ref
    await _leg_opzij(omgeving, omgeving.signaal(ref))
    kept = await _leg_opzij(omgeving, omgeving.signaal(broer))
    omgeving.signaal_zegt = {ref: False, broer: True}
    await omgeving.loop_leases_na()
    assert await kijk.rijen("select id from dead_letter") == [{"id": kept}]
