"""The topic files: what the broker and the readers go by."""

import re
from datetime import timedelta

import pytest

from contracts.registry import EVENTS, Topic, topics
from contracts.rollen import DIENSTEN, SCOPES
from lokaal.services import PLANNED, SERVICES

BUILT = {service.name for service in SERVICES}
KNOWN = BUILT | {service.name for service in PLANNED}
SHORTEST_LEGAL_TERM = timedelta(weeks=4)  # to decide on an objection (R214)


def test_every_event_type_is_in_exactly_one_topic() -> None:
    listed = [(kind, topic.topic) for topic in topics().values() for kind in topic.events]
    assert sorted(listed) == sorted((event.TYPE, event.TOPIC) for event in EVENTS.values())


@pytest.mark.parametrize("topic", topics().values(), ids=lambda topic: topic.topic)
def test_a_topic_is_named_and_kept_as_it_should(topic: Topic) -> None:
    assert re.fullmatch("[a-z]+", topic.topic), "a dot in a topic's name collides in Kafka's metrics"
    assert topic.owner in BUILT
    assert {reader.service for reader in topic.readers} <= KNOWN
    assert {reader.service for reader in topic.readers if not reader.planned} <= BUILT
    assert topic.owner not in {reader.service for reader in topic.readers}
    assert topic.partitions >= 1
    assert topic.replication >= 3
    # Together: a segment is deleted only when its newest record is too old (D8).
    assert timedelta(milliseconds=topic.retention_ms + topic.segment_ms) < SHORTEST_LEGAL_TERM
    assert topic.data_class


@pytest.mark.parametrize("kind", EVENTS)
def test_a_type_says_aggregate_participle_and_version(kind: str) -> None:
    assert re.fullmatch(r"nl\.verwijsindex\.[a-z]+\.[a-z]+\.v1", kind)
    assert kind.split(".")[2] == EVENTS[kind].TOPIC


def test_scopes_of_people_and_services_are_apart() -> None:
    people = {scope for scopes in SCOPES.values() for scope in scopes}
    services = {scope for scopes in DIENSTEN.values() for scope in scopes}
    assert not people & services
    assert set(DIENSTEN) <= KNOWN
