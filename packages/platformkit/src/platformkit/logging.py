"""Logs: one JSON object a line, a named event with fields that `deploy/observability/registry.yaml` lists."""

import logging
import sys
from typing import TextIO

import stamina
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger


def _trace_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format(context.trace_id, "032x")
    return event


def _error_type_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep an exception's type, drop its text: a driver's text may quote a row."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__qualname__
    elif error:
        kind = sys.exc_info()[0]
        event["error"] = kind.__qualname__ if kind else "unknown"
    return event


class _LibraryHandler(logging.Handler):
    """Lets libraries say where and at what level something happened, not what: their texts are not ours to vouch for."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__qualname__ if record.exc_info and record.exc_info[0] else None
        get_logger().log(record.levelno, "library_message", library=record.name, line=record.lineno, error=error)


def _on_retry(details: stamina.instrumentation.RetryDetails) -> None:
    get_logger().warning("retry", attempt=details.retry_num, error=type(details.caused_by).__qualname__)


def configure(service: str, level: str, stream: TextIO = sys.stdout) -> None:
    """Set up logging of this process; `level` as in the standard library."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace_ids,
            _error_type_only,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    stamina.instrumentation.set_on_retry_hooks([_on_retry])
    logging.basicConfig(level=logging.WARNING, handlers=[_LibraryHandler()], force=True)


def get_logger() -> FilteringBoundLogger:
    """The logger; call it with a registered event name first, then fields."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger
