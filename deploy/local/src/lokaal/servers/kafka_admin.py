"""What an operator does at a new broker: accounts, what each may do, topics."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.protocol.admin import CreateAclsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactBytes, CompactString, Int8, Int16, Int32, Schema, TaggedFields

from contracts.acls import Acl, acls
from contracts.registry import topics
from platformkit.broker import Broker

T = TypeVar("T")
# Kafka's numbers: KIP-554 and org.apache.kafka.common.{resource,acl}.
_SCRAM_SHA_512, _ITERATIONS = 2, 4096
_RESOURCES: Final = {"topic": 2, "group": 3}
_OPERATIONS: Final = {"Read": 3, "Write": 4}
_LITERAL, _PREFIXED, _ALLOW = 3, 4, 3


class _AccountsResponse(Response):  # type: ignore[misc]
    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _AccountsRequestStruct(RequestStruct):  # type: ignore[misc]
    API_KEY = 51
    API_VERSION = 0
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _AccountsResponse
    SCHEMA = Schema(
        (
            "deletions",
            CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields)),
        ),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _AccountsRequest(Request[_AccountsRequestStruct]):  # type: ignore[misc]
    """AlterUserScramCredentials (KIP-554), which aiokafka does not have."""

    API_KEY = 51

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = passwords

    def build(self, request_struct_class: type[_AccountsRequestStruct]) -> _AccountsRequestStruct:
        return request_struct_class([], [_account(*each) for each in self._passwords.items()], {})


def furnish(operator: Broker, passwords: Mapping[str, str]) -> None:
    """Make the accounts, what the contracts allow them, and the topics of the contracts; what is there already stays.

    Args:
        operator: who may do so; known to the broker by its own settings.
        passwords: by account.

    Raises:
        KafkaError: the broker refused something, or did not answer.
    """

    async def do(client: AIOKafkaAdminClient) -> None:
        answer = await client._send_to_controller(_AccountsRequest(passwords))  # noqa: SLF001 -- it has no way for others' requests
        _check((user, code) for user, code, *_ in answer.results)
        await allow(client, acls())
        await _create(client, contract_topics())

    asyncio.run(_as(operator, do))


def create_topics(operator: Broker, wanted: Sequence[NewTopic]) -> None:
    """Create the topics that are not there yet.

    Raises:
        KafkaError: the broker refused one, or did not answer.
    """
    asyncio.run(_as(operator, lambda client: _create(client, wanted)))


async def allow(client: AIOKafkaAdminClient, wanted: Sequence[Acl]) -> None:
    """Allow all of `wanted`.

    Raises:
        KafkaError: the broker refused one.
    """
    for acl in wanted:
        pattern = _PREFIXED if acl.resource == "group" else _LITERAL
        about = _RESOURCES[acl.resource], acl.name, pattern, f"User:{acl.service}", "*", _OPERATIONS[acl.operation]
        answer = await client._send_to_controller(CreateAclsRequest(*about, _ALLOW))  # noqa: SLF001
        _check((acl.name, code) for code, _ in answer.creation_responses)


def contract_topics() -> list[NewTopic]:
    """The topics of the contracts, with one replica."""
    return [
        NewTopic(
            name=topic.topic,
            num_partitions=topic.partitions,
            replication_factor=1,
            topic_configs={"retention.ms": str(topic.retention_ms), "segment.ms": str(topic.segment_ms)},
        )
        for topic in topics().values()
    ]


async def _as(operator: Broker, do: Callable[[AIOKafkaAdminClient], Awaitable[T]]) -> T:
    # By PLAIN: the accounts of SCRAM are in the broker's data, which may be new.
    client = AIOKafkaAdminClient(**{**operator.client(), "sasl_mechanism": "PLAIN"})
    try:
        # The port listens a moment before the broker is unfenced, and a client that comes then is turned away.
        for attempt in range(100):
            try:
                await client.start()
                break
            except KafkaError:
                if attempt == 99:
                    raise
                await asyncio.sleep(0.1)
        return await do(client)
    finally:
        await client.close()


async def _create(client: AIOKafkaAdminClient, wanted: Sequence[NewTopic]) -> None:
    answer = await client.create_topics(list(wanted))
    _check((name, code) for name, code, *_ in answer.topic_errors if code != TopicAlreadyExistsError.errno)


def _account(name: str, password: str) -> tuple[Any, ...]:
    salt = os.urandom(32)
    salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return name, _SCRAM_SHA_512, _ITERATIONS, salt, salted, {}


def _check(codes: Any) -> None:
    for name, code in codes:
        if code:
            raise for_code(code)(name)
