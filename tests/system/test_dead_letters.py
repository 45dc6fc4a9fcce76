"""Poison on a topic of the running system: an operator sees it without its content, and drops it (D2, D5)."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from commands import told_again
from driver import Driver
from readers import READERS, Reader
from stores import rows

from lokaal.testing import broker
from platformkit.testing import eventually

BSN = "999993653"


def _put_on_topic(driver: Driver, topic: str, headers: dict[str, str], value: bytes) -> None:
    async def send() -> None:
        producer = AIOKafkaProducer(**broker(driver.addresses).client())
        await producer.start()
        raw = [(name, text.encode()) for name, text in headers.items()]
        await producer.send_and_wait(topic, value, key=str(uuid4()).encode(), headers=raw)
        await producer.stop()

    asyncio.run(send())


def _command(driver: Driver, service: str, *words: str) -> tuple[int, str]:
    ran = driver.stack.command(service, "dead-letters", *words)
    assert BSN not in ran.stdout + ran.stderr, "the content of a message"
    return ran.returncode, ran.stdout + ran.stderr


def _of(driver: Driver, service: str, event_id: str) -> dict[str, Any] | None:
    """The dead letter with this event in it."""
    code, said = _command(driver, service, "list", "--json", "--error", "breaks the contract")
    assert code == 0, said
    ids = [each["id"] for each in json.loads(said)]
    shown = json.loads(_command(driver, service, "show", "--json", *ids)[1]) if ids else []
    return next((each for each in shown if each["envelope"]["id"] == event_id), None)


def _counted(driver: Driver, reader: Reader) -> bool:
    """Whether the gauge of the consumer's process tells how many dead letters there are."""
    samples = driver.metrics(f"{reader.service}-consumer")
    wanted = {"consumer": reader.consumer}.items()
    told = [each.value for each in samples if each.name == "dead_letters_open" and wanted <= each.labels.items()]
    query = "select count(*) from dead_letter where consumer = $1"
    return told == [rows(driver, reader.database, query, reader.consumer)[0][0]]


@pytest.mark.system
@pytest.mark.regel("D2", "D5")
@pytest.mark.timeout(300)
def test_poison_is_seen_by_every_reader_counted_and_dropped(driver: Driver) -> None:
    event_id = str(uuid4())
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": "urn:nld:oin:00000099000000001000:systeem",
        "ce_type": "nl.verwijsindex.signaal.afgegeven.v1",
        "ce_subject": BSN,
        "ce_sequence": BSN,
        "content-type": "application/json",
    }
    _put_on_topic(driver, "signaal", headers, json.dumps({"signaalId": BSN, BSN: f"Naam {BSN}"}).encode())
    for reader in READERS["signaal"]:
        service = reader.service
        letter = eventually(lambda service=service: _of(driver, service, event_id), f"in {service}", 60)
        assert letter["body"]["field signaalId"] == "uuid_parsing"
        assert letter["envelope"]["sequence"].startswith("(not shown")
        eventually(lambda reader=reader: _counted(driver, reader), "the gauge", 30)
        assert _command(driver, service, "replay", letter["id"])[0] == 1
        assert _command(driver, service, "drop", letter["id"], "--yes")[0] == 0
        assert _of(driver, service, event_id) is None
        eventually(lambda reader=reader: _counted(driver, reader), "the gauge without it", 30)


@pytest.mark.system
@pytest.mark.regel("D4")
@pytest.mark.timeout(300)
def test_everything_told_again_makes_the_same_matches_and_no_new_mail(driver: Driver) -> None:
    bsn, names = "999970185", ("Rita Opnieuw", "Rob Opnieuw")
    for name in names:
        assert driver.signal(name, bsn).status_code == 201
    for name in names:
        eventually(lambda name=name: driver.mails(name), f"mail of {name}", 60)
    matches = {name: driver.matches(name) for name in names}
    told_again(driver)
    # What is issued after it is told after it: when its mails are there, the youth's events told again were read.
    assert driver.signal("Rik Daarna", bsn).status_code == 201
    for name in (*names, "Rik Daarna"):
        least = 1 + (name in names)
        eventually(lambda name=name, n=least: len(driver.mails(name)) >= n, f"the new mail of {name}", 60)
        assert len(driver.mails(name)) == least, "one mail per cause"
    for name in names:
        assert [each for each in driver.matches(name) if each in matches[name]] == matches[name]
