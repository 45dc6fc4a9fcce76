"""Logs: one JSON object a line, a named event with fields that `deploy/observability/registry.yaml` lists."""

import logging
import sys
import time
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO, cast

import stamina
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

_SILENCE = 10.0


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


@dataclass
class _Place:
    """What speaks seldom: when it may speak again, and how often it tried since it last did."""

    silent_until: float = float("-inf")
    held_back: int = 0


class Seldom:
    """Lets each of a bounded number of things speak once in ten seconds at most: a flood of it would fill a disk."""

    def __init__(self) -> None:
        self._places: dict[Hashable, _Place] = {}

    def held_back(self, what: Hashable) -> int | None:
        """How often `what` was silent since it last spoke; none when it is to be silent now."""
        place = self._places.setdefault(what, _Place())
        if (now := time.monotonic()) < place.silent_until:
            place.held_back += 1
            return None
        held_back, place.silent_until, place.held_back = place.held_back, now + _SILENCE, 0
        return held_back


class _LibraryHandler(logging.Handler):
    """Lets libraries say where and at what level something happened, not what: their texts are not ours to vouch for.

    Each line of a library speaks once in ten seconds at most: without a broker aiokafka says a hundred times a second
    that it cannot connect, which would fill a disk in an outage.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seldom = Seldom()

    def emit(self, record: logging.LogRecord) -> None:
        held_back = self._seldom.held_back((record.name, record.lineno))
        if held_back is None:
            return
        error = record.exc_info[0].__qualname__ if record.exc_info and record.exc_info[0] else None
        where = {"library": record.name, "line": record.lineno}
        get_logger().log(record.levelno, "library_message", **where, error=error, held_back=held_back)


class _Patient:
    """A stream that may lose a line: that there is no room for it on a disk ends no process."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """As that of the stream."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """As that of the stream."""
        with suppress(OSError):
            self._stream.flush()


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
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Patient(stream))),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    stamina.instrumentation.set_on_retry_hooks([_on_retry])
    logging.basicConfig(level=logging.WARNING, handlers=[_LibraryHandler()], force=True)


def get_logger() -> FilteringBoundLogger:
    """The logger; call it with a registered event name first, then fields."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger
