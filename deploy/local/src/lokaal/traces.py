"""Finds a trace in the viewer, for who comes from a mail or asks for the last one. Everything by its API (Zipkin v2)."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import urlencode

from lokaal.ready import get

_SECONDS = 2.0


def of_mail(viewer: str, message_id: str) -> str | None:
    """The id of the trace in which this mail was sent; None when the viewer has none (yet), or is away."""
    return _newest(viewer, {"annotationQuery": f"email.message_id={message_id}"})


def last(viewer: str) -> str | None:
    """The id of the newest trace that began at an API of a service; None as above."""
    return _newest(viewer, {"spanName": "post /v1/signalen"}) or _newest(viewer, {"annotationQuery": "http.route"})


def page(viewer: str, trace: str) -> str:
    """Where a person looks at it."""
    return f"{viewer}/zipkin/traces/{trace}"


def _newest(viewer: str, query: Mapping[str, str]) -> str | None:
    try:
        status, body = get(f"{viewer}/api/v2/traces?{urlencode({**query, 'limit': 20})}", _SECONDS)
    except (OSError, HTTPException):
        return None
    found = json.loads(body) if status == HTTPStatus.OK else []
    begins = {spans[0]["traceId"]: min(span["timestamp"] for span in spans if "timestamp" in span) for spans in found}
    return max(begins, key=lambda trace: begins[trace], default=None)
