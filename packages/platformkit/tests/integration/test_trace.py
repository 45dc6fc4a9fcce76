"""One trace from the request through outbox and Kafka to the consumer (D12), also through a batch."""

import asyncio
from collections.abc import Iterator, Sequence
from uuid import UUID, uuid4

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from proef.consuming import make
from proef.events import gewijzigd
from proef.hulp import Proef, context

from platformkit import telemetry
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from platformkit.health import Heartbeat
from platformkit.outbox.relay import Relay
from platformkit.telemetry import Discreet
from platformkit.testing import eventually_async


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, telemetry.Provider):
        provider = telemetry.Provider()
        trace.set_tracer_provider(provider)
    processor = SimpleSpanProcessor(Discreet(exporter))
    provider.add_span_processor(processor)
    yield exporter
    processor.shutdown()


async def test_each_message_of_a_batch_continues_its_own_trace(
    proef: Proef, topic: str, make_topic: object, spans: InMemorySpanExporter
) -> None:
    answer_topic = await make_topic()  # type: ignore[operator]
    executor, batches = proef.executor("api"), []

    async def answer(work: UnitOfWork, messages: Sequence[Message]) -> None:
        batches.append(len(messages))
        for message in messages:
            # In the cause's trace, though the batch is one transaction.
            work.emit(gewijzigd(answer_topic, message.subject), version=1, traceparent=message.traceparent)

    people = [uuid4() for _ in range(3)]
    for version, person in enumerate(people, 1):
        with telemetry.span(f"POST {person}", SpanKind.SERVER, None):

            async def tell(work: UnitOfWork, person: UUID = person, version: int = version) -> None:
                work.emit(gewijzigd(topic, person), version=version)

            await executor.execute(tell, context(person))

    stop = asyncio.Event()
    consumer = make(proef, topic, answer)
    relay = Relay(proef.relay, proef.broker, "proef")
    running = [asyncio.create_task(relay.run(stop, Heartbeat(None)))]

    async def told() -> bool:
        return await proef.count("outbox") == 0

    async def answered() -> bool:
        return await proef.count("inbox") == 3 and await told()

    await eventually_async(told)
    running.append(asyncio.create_task(consumer.run(stop, Heartbeat(None))))
    await eventually_async(answered)
    stop.set()
    await asyncio.gather(*running)

    finished = spans.get_finished_spans()
    for person in people:
        (post,) = [span for span in finished if span.name == f"POST {person}"]
        published = _child(finished, post, f"publish {topic}")
        processed = _child(finished, published, f"process {topic}")
        _child(finished, processed, f"publish {answer_topic}")
    assert batches == [3]


async def test_a_parked_message_keeps_its_trace(proef: Proef, topic: str, spans: InMemorySpanExporter) -> None:
    async def refuses(_work: UnitOfWork, _messages: Sequence[Message]) -> None:
        raise ValueError("geheim 999993653")

    with telemetry.span("POST geparkeerd", SpanKind.SERVER, None):

        async def tell(work: UnitOfWork) -> None:
            work.emit(gewijzigd(topic, uuid4()), version=1)

        await proef.executor("api").execute(tell, context(uuid4()))
    stop = asyncio.Event()
    consumer = make(proef, topic, refuses)
    relay = Relay(proef.relay, proef.broker, "proef")
    running = [asyncio.create_task(each.run(stop, Heartbeat(None))) for each in (relay, consumer)]

    async def parked() -> bool:
        return await proef.count("dead_letter") == 1

    await eventually_async(parked)
    stop.set()
    await asyncio.gather(*running)
    finished = spans.get_finished_spans()
    (post,) = [span for span in finished if span.name == "POST geparkeerd"]
    (processed,) = [span for span in finished if span.name == f"process {topic}"]
    assert processed.context.trace_id == post.context.trace_id
    assert processed.status.status_code is trace.StatusCode.ERROR
    assert (processed.attributes or {})["error.type"] == "ValueError"
    assert format(post.context.trace_id, "032x") in (await proef.rows("select traceparent from dead_letter"))[0]
    assert "999993653" not in "".join(span.to_json() for span in finished)


def _child(spans: Sequence[ReadableSpan], parent: ReadableSpan, name: str) -> ReadableSpan:
    found = [
        span
        for span in spans
        if span.name == name
        and span.parent is not None
        and span.parent.span_id == parent.context.span_id
        and span.context.trace_id == parent.context.trace_id
    ]
    assert found, f"no {name} below {parent.name}"
    return found[-1]


def test_texts_of_errors_do_not_leave_the_process(spans: InMemorySpanExporter) -> None:
    tracer = trace.get_tracer("een bibliotheek")
    with pytest.raises(ValueError), tracer.start_as_current_span("statement"):  # noqa: PT011
        raise ValueError("Key (bsn)=(999993653) already exists")
    (span,) = spans.get_finished_spans()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert span.attributes == {"error.type": "ValueError"}
    assert "999993653" not in span.to_json()
