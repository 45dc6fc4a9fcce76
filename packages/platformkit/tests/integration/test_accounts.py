"""At Kafka each service may what the topic files say, over TLS, with its own account, and nothing else (D17)."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)
from aiokafka.protocol.admin import DeleteAclsRequest
from proef.consuming import has_seen, record, send, subscribed
from proef.hulp import Proef
from pydantic import SecretStr

from contracts.acls import Acl, acls
from contracts.registry import topics
from lokaal import testing
from lokaal.certificaat import Certificaat
from lokaal.servers import kafka_admin
from lokaal.stack import Stack
from platformkit.broker import Broker
from platformkit.health import Heartbeat
from platformkit.messaging.consumer import Consumer
from platformkit.testing import eventually_async

SERVICES = sorted({acl.service for acl in acls()})


def _allowed(service: str, operation: str) -> set[str]:
    return {
        each.name for each in acls() if (each.service, each.operation, each.resource) == (service, operation, "topic")
    }


async def _writes(broker: Broker, topic: str) -> None:
    producer = AIOKafkaProducer(**broker.client(), enable_idempotence=True)
    await producer.start()
    try:
        # What the contract would call poison, on a topic that nobody of this test run reads.
        await producer.send_and_wait(topic, b"", partition=0)
    finally:
        await producer.stop()


async def _reads(broker: Broker, topic: str, group: str | None) -> None:
    consumer = AIOKafkaConsumer(topic, **broker.client(), group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        # The first answer to a poll comes with a partition of its own, or says what is not allowed.
        await eventually_async(lambda: _assigned(consumer), seconds=30)
        if group is not None:
            await consumer.commit(dict.fromkeys(consumer.assignment(), 0))
    finally:
        await consumer.stop()


async def _assigned(consumer: AIOKafkaConsumer) -> bool:
    await consumer.getmany(timeout_ms=100)
    return bool(consumer.assignment())


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_writes_its_own_topics_and_no_other(servers: Stack, service: str) -> None:
    broker = testing.broker(servers.addresses, service)
    for topic in topics():
        if topic in _allowed(service, "Write"):
            await _writes(broker, topic)
        else:
            with pytest.raises(TopicAuthorizationFailedError):
                await _writes(broker, topic)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_reads_what_names_it_and_nothing_else(servers: Stack, service: str) -> None:
    broker = testing.broker(servers.addresses, service)
    for topic in topics():
        if topic in _allowed(service, "Read"):
            # What it told itself it reads without a group.
            await _reads(broker, topic, None if topics()[topic].owner == service else f"{service}.proef")
        else:
            # Who reads nothing has no groups either.
            with pytest.raises((TopicAuthorizationFailedError, GroupAuthorizationFailedError)):
                await _reads(broker, topic, f"{service}.proef")


async def test_a_service_does_not_move_the_offsets_of_another(servers: Stack) -> None:
    """Match and brp-proxy both read topic signaal; moved forward, the other would never see what it passed over."""
    for group in ("brp-proxy.signaal", "match", "matchx.signaal"):
        with pytest.raises(GroupAuthorizationFailedError):
            await _reads(testing.broker(servers.addresses, "match"), "signaal", group)


async def test_only_the_operator_makes_topics(servers: Stack) -> None:
    client = AIOKafkaAdminClient(**testing.broker(servers.addresses, "signaal").client())
    await client.start()
    try:
        answer = await client.create_topics([NewTopic(f"eigen-{uuid4()}", 1, 1)])
        assert [code for _, code, *_ in answer.topic_errors] == [TopicAuthorizationFailedError.errno]
    finally:
        await client.close()


def _stranger(servers: Stack, tmp_path: Path, which: str) -> dict[str, object]:
    ours = testing.broker(servers.addresses, "signaal")
    if which == "plaintext":
        return {"bootstrap_servers": ours.bootstrap}
    if which == "no account":
        return {"bootstrap_servers": ours.bootstrap, "security_protocol": "SSL", "ssl_context": ours.tls}
    if which == "another authority":
        other = Certificaat(tmp_path)
        other.maak_als_nodig("127.0.0.1")
        return dataclasses.replace(ours, ca=other.ca).client()
    if which == "unknown":
        return dataclasses.replace(ours, user="inzage").client()
    wrong = dataclasses.replace(ours, password=SecretStr("geheim")).client()
    return wrong if which == "wrong password" else {**wrong, "sasl_mechanism": "PLAIN"}


@pytest.mark.parametrize(
    "which", ["plaintext", "no account", "another authority", "unknown", "wrong password", "wrong password, PLAIN"]
)
async def test_a_stranger_does_not_come_in(servers: Stack, tmp_path: Path, which: str) -> None:
    client = AIOKafkaAdminClient(**_stranger(servers, tmp_path, which), request_timeout_ms=3000)
    try:
        with pytest.raises(KafkaConnectionError):
            await client.start()
    finally:
        await client.close()


@pytest.fixture
async def operator(servers: Stack) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**testing.broker(servers.addresses).client())
    await client.start()
    yield client
    await client.close()


async def test_a_reader_whose_right_was_taken_goes_on_when_it_has_it_again(
    servers: Stack, proef: Proef, topic: str, operator: AIOKafkaAdminClient, caplog: pytest.LogCaptureFixture
) -> None:
    may = Acl("match", "Read", "topic", topic)
    await kafka_admin.allow(operator, [may])
    subscription = dataclasses.replace(subscribed(topic), name=f"match.{topic}")
    match = testing.broker(servers.addresses, "match")
    stop = asyncio.Event()
    running = asyncio.create_task(Consumer(match, proef.executor("worker"), [subscription]).run(stop, Heartbeat(None)))
    try:
        await send(proef, topic, record(1))
        await eventually_async(lambda: has_seen(proef, 1), seconds=60)
        await operator._send_to_controller(DeleteAclsRequest(2, topic, 3, "User:match", "*", 3, 3))
        with pytest.raises(TopicAuthorizationFailedError):
            await _reads(match, topic, "match.proef")
        await send(proef, topic, record(2))
        assert not running.done()
        await kafka_admin.allow(operator, [may])
        await eventually_async(lambda: has_seen(proef, 1, 2), seconds=60)
    finally:
        stop.set()
        await running
