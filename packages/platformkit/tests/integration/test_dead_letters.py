"""What is put aside is kept until somebody deals with it (D5), whatever became of the place where it stood."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord
from proef.consuming import make, subscribed
from proef.events import NOW, gewijzigd
from proef.hulp import Proef

from contracts.persoon import PersoonVernietigd, PersoonVernietigdReden
from contracts.signaal import SignaalAfgegeven, SignaalReden, SignaalVernietigd
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from platformkit.messaging.consumer import Consumer
from platformkit.messaging.replay import DeadLetters, Fate, Filter
from platformkit.testing import record

TOPIC = "persoon"
EXAMPLES = Path(__file__).parents[4] / "contracts" / "examples"


class Picky:
    """Refuses all until it is told to take them."""

    refuses = True

    def __init__(self) -> None:
        self.taken: list[UUID] = []

    async def __call__(self, _work: UnitOfWork, messages: Sequence[Message]) -> None:
        if self.refuses:
            raise ValueError("geheim 999993653")
        self.taken += [message.subject for message in messages]


def at(offset: int, person: UUID | None = None) -> ConsumerRecord:
    return record(gewijzigd(TOPIC, person or uuid4()), 1, NOW, offset=offset)


async def handle(consumer: Consumer, handler: Picky, *records: ConsumerRecord) -> None:
    assert await consumer.handle(subscribed(records[0].topic, handler), records)


async def test_a_record_that_is_read_twice_is_put_aside_once(proef: Proef) -> None:
    handler = Picky()
    consumer, letter = make(proef, TOPIC, handler), at(0)
    await handle(consumer, handler, letter)
    await handle(consumer, handler, letter, at(1))
    assert await proef.rows('select "offset" from dead_letter order by 1') == [0, 1]


async def test_another_record_at_the_same_place_is_put_aside_beside_it(proef: Proef) -> None:
    """Offsets begin again when a topic is made anew: what lies there already is of the former one."""
    handler = Picky()
    person = uuid4()
    consumer, before, after = make(proef, TOPIC, handler), at(0, person), at(0, person)
    await handle(consumer, handler, before)
    await handle(consumer, handler, after)
    await handle(consumer, handler, before, after)
    found = await proef.rows('select payload, "offset" from dead_letter order by id')
    assert found == [(before.value, 0), (after.value, 0)]


async def test_a_handler_can_forget_the_messages_of_somebody_that_lie_aside(proef: Proef) -> None:
    handler, people = Picky(), [uuid4() for _ in range(4)]
    lying = [record(gewijzigd(TOPIC, uuid4()), 1, NOW, key=each, offset=number) for number, each in enumerate(people)]
    lying += [record(gewijzigd(TOPIC, people[3]), 1, NOW, key=uuid4(), offset=9)]
    await handle(make(proef, TOPIC, handler), handler, *lying)

    async def forget(work: UnitOfWork) -> None:
        await work.forget(keys=people[:2], subjects=[])
        await work.forget(keys=[], subjects=people[3:])
        await work.forget(keys=[], subjects=[])

    await proef.executor("worker").execute(forget, None)
    assert await proef.rows('select "offset" from dead_letter order by 1') == [2, 3]


def signaal(subject: UUID, person: UUID) -> SignaalAfgegeven:
    """The contracts' example, of this signal and person."""
    example = EXAMPLES / "signaal" / SignaalAfgegeven.TYPE / "portaal.json"
    made = SignaalAfgegeven.model_validate_json(example.read_text())
    return made.model_copy(update={"signaal_id": subject, "persoon_ref": person})


@pytest.mark.regel("D8")
async def test_what_is_destroyed_leaves_no_message_aside(proef: Proef) -> None:
    """Of a youth, whose ref is the key, none of any aggregate; of another aggregate only its own."""
    handler, youth, other = Picky(), uuid4(), uuid4()
    consumer = make(proef, TOPIC, handler)
    lying = [
        record(event, 1, NOW, offset=number)
        for number, event in enumerate(
            [gewijzigd(TOPIC, youth), signaal(uuid4(), youth), signaal(other, other), signaal(other, uuid4())]
        )
    ]
    for each in lying:
        await handle(consumer, handler, each)
    handler.refuses = False
    gone = PersoonVernietigd(reden=PersoonVernietigdReden.DRIEENTWINTIG)
    await handle(consumer, handler, record(gone, 2, NOW, subject=youth, key=youth, offset=7))
    assert await proef.rows('select "offset" from dead_letter order by 1') == [2, 3]
    ended = SignaalVernietigd(reden=SignaalReden.BEWAARTERMIJN)
    await handle(consumer, handler, record(ended, 2, NOW, subject=other, key=uuid4(), offset=8))
    assert await proef.rows('select "offset" from dead_letter order by 1') == []


async def test_the_earlier_release_can_still_put_aside(proef: Proef) -> None:
    """While processes are replaced after a migration (expand, migrate, contract), it knows no fingerprint."""
    insert = (
        'insert into dead_letter (id, consumer, topic, partition, "offset", headers, error, parked_at)'
        " values (gen_random_uuid(), 'lezer', 'persoon', 0, 0, '{}', 'x', now()) on conflict do nothing"
    )
    for _ in range(2):
        await proef.rows(insert)
    assert await proef.count("dead_letter") == 2


async def test_what_is_replayed_is_handled_and_gone(proef: Proef) -> None:
    handler, person = Picky(), uuid4()
    await handle(make(proef, TOPIC, handler), handler, at(0, person))
    letters = DeadLetters(proef.executor("worker"), [subscribed(TOPIC, handler)])
    (letter,) = await letters.find(Filter())
    failed = await letters.replay(letter.id, "beheerder")
    assert (failed.fate, failed.error) == (Fate.FAILED, "ValueError")
    assert (await letters.find(Filter()))[0].attempts == 1
    handler.refuses = False
    assert (await letters.replay(letter.id, "beheerder")).fate is Fate.HANDLED
    assert handler.taken == [person]
    assert await proef.count("dead_letter") == 0
    assert await proef.rows("select outcome, actor, person from audit order by id") == [
        ("failed", "beheerder", person),
        ("handled", "beheerder", person),
    ]
