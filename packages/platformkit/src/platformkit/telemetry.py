"""Traces and metrics (D12). Names are listed in `deploy/observability/registry.yaml`; a test compares."""

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.exporter.zipkin.json import ZipkinExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, SynchronousMultiSpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    TraceFlags,
    TraceState,
)
from opentelemetry.util.types import Attributes
from prometheus_client import start_http_server

from platformkit.settings import ProcessSettings, Traces

# Made once: asking for a tracer costs half a span.
_tracer = trace.get_tracer("platformkit")
# Empty texts where the SDK has none: a viewer may refuse all it is sent for one `null`.
_SCOPE = InstrumentationScope("platformkit", "", "")
# Ids of zeros only are none.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]([0-9a-f])")


def configure(service: str, settings: ProcessSettings) -> None:
    """Set up the providers of this process. No span per statement (ADR 0008)."""
    resource = Resource.create({"service.name": service})
    provider = Provider(resource=resource, sampler=ParentBased(_Causes()))
    sender = exporter(settings)
    if sender is not None:
        provider.add_span_processor(BatchSpanProcessor(sender, schedule_delay_millis=500))
    trace.set_tracer_provider(provider)
    readers = []
    if settings.metrics_port is not None:
        readers.append(PrometheusMetricReader())
        start_http_server(settings.metrics_port, addr=settings.http_host)
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=readers))


class Provider(TracerProvider):
    """Also takes spans that were never started: see `EventSpan`."""

    def __init__(self, **options: Any) -> None:
        self._all = SynchronousMultiSpanProcessor()  # type: ignore[no-untyped-call]
        self.heard = False
        """Whether anything is done with a span that is over."""
        super().__init__(active_span_processor=self._all, **options)

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Let it hear of all spans."""
        self.heard = True
        super().add_span_processor(span_processor)

    def take(self, span: ReadableSpan) -> None:
        """Hand a span that is over to the processors."""
        self._all.on_end(span)


class _Causes(Sampler):
    """Begins a trace with what somebody or something did, not with a statement of a loop that looks for work."""

    def should_sample(  # noqa: PLR0917 -- the signature of the SDK
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        return SamplingResult(Decision.DROP if kind is SpanKind.CLIENT else Decision.RECORD_AND_SAMPLE, attributes)

    def get_description(self) -> str:
        return "no trace begins with a client span"


class Discreet(SpanExporter):
    """Takes the texts of errors out of spans: libraries record them, and a driver's text may quote a row."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_without_texts(each) for each in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _without_texts(span: ReadableSpan) -> ReadableSpan:
    if not span.events and not span.status.description:
        return span
    kinds = [kind for event in span.events if (kind := (event.attributes or {}).get("exception.type"))]
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={**(span.attributes or {}), **({"error.type": str(kinds[0])} if kinds else {})},
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )


def exporter(settings: ProcessSettings) -> "Discreet | None":
    """What sends spans to where the settings say; none when they go nowhere."""
    match settings.traces:
        case Traces.OTLP:
            return Discreet(OTLPSpanExporter(endpoint=settings.traces_url))
        case Traces.ZIPKIN:
            return Discreet(ZipkinExporter(endpoint=settings.traces_url))
        case Traces.NONE:
            return None


def shutdown() -> None:
    """Send what is still waiting."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def current_traceparent() -> str | None:
    """The W3C traceparent of the current span, none outside one."""
    return traceparent_of(trace.get_current_span())


def traceparent_of(span: Span) -> str | None:
    """The W3C traceparent of `span`, for what happens because of it."""
    context = span.get_span_context()
    return _traceparent(context) if context.is_valid else None


def sampled(traceparent: str) -> str:
    """The same, as one that is recorded; whatever is no traceparent stays that."""
    found = _TRACEPARENT.fullmatch(traceparent)
    return f"00-{found[1]}-{found[2]}-01" if found else traceparent


def _traceparent(context: SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & 1:02x}"


def _context_of(traceparent: str | None) -> SpanContext | None:
    """By hand: there is one per event, and the propagator with its carrier costs as much as a span."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    return _context(found) if found else None


def _context(found: re.Match[str]) -> SpanContext:
    return SpanContext(int(found[1], 16), int(found[2], 16), True, TraceFlags(int(found[3], 16)))


class EventSpan:
    """The span of one event among many at once: continues the trace of the traceparent `cause`, or begins one.

    Made in one piece when it is over, so the caller must `end` it.
    Until then only its identity is there, to be passed on: a span that the SDK starts costs more than sending the event.
    """

    def __init__(
        self, name: str, kind: SpanKind, cause: str | None, attributes: Mapping[str, str] | None = None
    ) -> None:
        self._cause = _TRACEPARENT.fullmatch(cause or "")
        trace_id = self._cause[1] if self._cause else f"{random.getrandbits(128) or 1:032x}"
        self._sampled = self._cause is None or self._cause[3] in "13579bdf"
        self.traceparent = f"00-{trace_id}-{random.getrandbits(64) or 1:016x}-0{self._sampled:d}"
        """For what happens because of this event."""
        self._name, self._kind, self._attributes = name, kind, attributes or {}
        self._error: str | None = None
        self._begun = time.time_ns()

    def current(self) -> AbstractContextManager[Span]:
        """Let spans that begin now stand below this one."""
        here = NonRecordingSpan(self._context())
        return trace.use_span(here, record_exception=False, set_status_on_exception=False)

    def fail(self, error: BaseException) -> None:
        """Mark it as failed, by the type of the error only."""
        self._error = type(error).__qualname__

    def end(self) -> None:
        """Make the span, which ends now."""
        provider = trace.get_tracer_provider()
        if not self._sampled or not isinstance(provider, Provider) or not provider.heard:
            return
        provider.take(
            ReadableSpan(
                name=self._name,
                context=self._context(),
                parent=_context(self._cause) if self._cause else None,
                resource=provider.resource,
                attributes={**self._attributes, "error.type": self._error} if self._error else self._attributes,
                kind=self._kind,
                status=Status(trace.StatusCode.ERROR) if self._error else Status(),
                start_time=self._begun,
                end_time=time.time_ns(),
                instrumentation_scope=_SCOPE,
            )
        )

    def _context(self) -> SpanContext:
        _, trace_id, span_id, _ = self.traceparent.split("-")
        return SpanContext(int(trace_id, 16), int(span_id, 16), False, TraceFlags(self._sampled))


@contextmanager
def span(
    name: str,
    kind: SpanKind,
    traceparent: str | None,
    attributes: Mapping[str, str | int] | None = None,
    *,
    link: str | None = None,
) -> Iterator[Span]:
    """A current span that continues the trace of `traceparent`, and names the one of the traceparent `link` beside it.

    An error marks it without quoting its text.
    """
    cause, beside = _context_of(traceparent), _context_of(link)
    parent = Context() if cause is None else trace.set_span_in_context(NonRecordingSpan(cause), Context())
    links = [Link(beside)] if beside else []
    started = _tracer.start_span(name, context=parent, kind=kind, attributes=attributes, links=links)
    with trace.use_span(started, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield started
        except BaseException as error:
            mark_failed(started, error)
            raise


def mark_failed(span: Span, error: BaseException) -> None:
    """Mark a span as failed by the error's type; never by its text, which may quote data."""
    span.set_status(trace.StatusCode.ERROR)
    span.set_attribute("error.type", type(error).__qualname__)
