"""The W3C traceparent, read and written by hand because there is one per event: it says what the library would."""

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from platformkit import telemetry

SENT = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.mark.parametrize("flags", [0, 1])
def test_it_is_written_as_the_library_writes_it(flags: int) -> None:
    span = NonRecordingSpan(SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(flags)))
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, trace.set_span_in_context(span))
    assert telemetry.traceparent_of(span) == carrier["traceparent"]


def test_a_span_continues_the_trace() -> None:
    parent = trace.get_current_span(telemetry._context_of(SENT)).get_span_context()
    assert (parent.trace_id, parent.span_id, parent.trace_flags) == (int("a" * 32, 16), int("b" * 16, 16), 1)
    assert parent.is_remote


@pytest.mark.parametrize(
    "broken", [None, "", "x", SENT + "-x", SENT.replace("00-", "ff-", 1), f"00-{'0' * 32}-{'b' * 16}-01"]
)
def test_what_is_no_traceparent_continues_nothing(broken: str | None) -> None:
    assert not trace.get_current_span(telemetry._context_of(broken)).get_span_context().is_valid
    span = telemetry.start_span("x", SpanKind.PRODUCER, broken)
    assert format(span.get_span_context().trace_id, "032x") != "a" * 32


def test_outside_a_span_there_is_none() -> None:
    assert telemetry.traceparent_of(trace.INVALID_SPAN) is None
