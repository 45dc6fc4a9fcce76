"""The W3C traceparent, read and written by hand because there is one per event: it says what the library would."""

import json

import pytest
from opentelemetry import trace
from opentelemetry.exporter.zipkin.json.v2 import JsonV2Encoder
from opentelemetry.exporter.zipkin.node_endpoint import NodeEndpoint
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from platformkit import telemetry

SENT = f"00-{'a' * 32}-{'b' * 16}-01"
BROKEN = [None, "", "x", SENT + "-x", SENT.replace("00-", "ff-", 1), f"00-{'0' * 32}-{'b' * 16}-01"]


@pytest.mark.parametrize("flags", [0, 1])
def test_it_is_written_as_the_library_writes_it(flags: int) -> None:
    span = NonRecordingSpan(SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(flags)))
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, trace.set_span_in_context(span))
    assert telemetry.traceparent_of(span) == carrier["traceparent"]


def test_a_span_continues_the_trace() -> None:
    parent = telemetry._context_of(SENT)
    assert parent is not None
    assert (parent.trace_id, parent.span_id, parent.trace_flags) == (int("a" * 32, 16), int("b" * 16, 16), 1)
    assert parent.is_remote


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_no_traceparent_continues_nothing(broken: str | None) -> None:
    begun = telemetry._context_of(telemetry.EventSpan("x", SpanKind.PRODUCER, broken).traceparent)
    assert begun is not None
    assert begun.is_valid
    assert begun.trace_flags.sampled
    assert begun.trace_id not in {0, int("a" * 32, 16)}


@pytest.mark.parametrize("flags", ["00", "01"])
def test_the_span_of_an_event_stands_below_its_cause_and_is_recorded_as_that_is(flags: str) -> None:
    event = telemetry.EventSpan("x", SpanKind.PRODUCER, SENT[:-2] + flags).traceparent
    assert event[:36] == SENT[:36]
    assert event[36:52] != SENT[36:52]
    assert event.endswith(f"-{flags}")


def test_the_span_of_an_event_is_sent_as_one_of_the_sdk_is() -> None:
    """Down to the empty version of its scope: for `null` a viewer refuses whatever came with it."""
    exporter, provider = InMemorySpanExporter(), telemetry.Provider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(trace, "get_tracer_provider", lambda: provider)
        telemetry.EventSpan("event", SpanKind.PRODUCER, None, {"a": "b"}).end()
    with provider.get_tracer("platformkit").start_as_current_span("sdk", kind=SpanKind.PRODUCER, attributes={"a": "b"}):
        pass
    encoder = JsonV2Encoder()
    ours, theirs = (json.loads(encoder.serialize([each], NodeEndpoint()))[0] for each in exporter.get_finished_spans())
    own = ("traceId", "id", "name", "timestamp", "duration")
    assert {name: value for name, value in ours.items() if name not in own} == {
        name: value for name, value in theirs.items() if name not in own
    }


def test_outside_a_span_there_is_none() -> None:
    assert telemetry.traceparent_of(trace.INVALID_SPAN) is None
