"""The edge of an API: who asks, what is told of it in a trace, and bounds to what is read, before a route sees anything."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query
from opentelemetry import metrics
from opentelemetry.trace import SpanKind, StatusCode
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.rollen import DIENSTEN
from platformkit import strict_json, telemetry
from platformkit.errors import DomainError
from platformkit.http.problems import Catalog
from platformkit.http.signed import RefusedError, told
from platformkit.identity import Principal

_BODY_LIMIT = 64 * 1024
_BODY_SECONDS = 5.0
# Everything below has its own patience; together they may take longer than anybody waits. What was done then is known
# by its Idempotency-Key.
_ANSWER_SECONDS = 4.5
_PARTING_SECONDS = 1.0
_HEALTH = "/gezond"
_PORTAL = "portaal"
_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_ONCE: Final = (
    *(b"authorization", b"content-encoding", b"content-length", b"content-type", b"host", b"idempotency-key"),
    *(b"namens", b"transfer-encoding"),
)
"""Of two, one reader takes the first and another the last."""

_NOT_IN_A_PATH: Final = (b"%00", b"%2f", b"%5c")
"""What is a character of a name to one reader and the end of it to another."""

_HOST: Final = re.compile(rb"([\w.-]+|\[[0-9a-fA-F:.]+\])?(:[0-9]*)?")
"""What has another character ends the host for one reader, and not for another."""

_seconds = metrics.get_meter("platformkit").create_histogram(
    "http.server.request.duration",
    unit="s",
    explicit_bucket_boundaries_advisory=[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
)
_refused = metrics.get_meter("platformkit").create_counter("http.server.refused", unit="{refusal}")


def count_refusal(reason: str) -> None:
    """Count whom a bound on what is read ends, here or at the socket."""
    _refused.add(1, {"reason": reason})


class Edge:
    """Knows who asks before it reads a body, bounds body and time, and turns what nobody caught into a problem.

    `routes` are the templates of the application's paths, by what answers there.
    """

    def __init__(self, app: ASGIApp, catalog: Catalog, routes: Mapping[object, str]) -> None:
        self._app = app
        self._catalog = catalog
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(_HEALTH):
            await self._answer(scope, receive, send, None)
        else:
            # Before the span, as it decides whose trace that stands in.
            asker = await _asker(scope)
            async with self._told(scope, send, asker) as noted:
                await self._answer(scope, receive, noted, asker if isinstance(asker, Exception) else None)

    @asynccontextmanager
    async def _told(self, scope: Scope, send: Send, asker: Principal | Exception | None) -> AsyncIterator[Send]:
        """A span and a duration, by the template of the route: a path, a query or an address may say who somebody is."""
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        begun, status = time.perf_counter(), 0
        cause, link = _cause(scope, asker)
        with telemetry.span("serve", SpanKind.SERVER, cause, link=link) as span:

            async def noted(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                yield noted
            finally:
                route = self._routes.get(scope.get("endpoint"), "?")
                span.update_name(f"{method} {route}")
                span.set_attribute("http.request.method", method)
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(StatusCode.ERROR)
                _seconds.record(
                    time.perf_counter() - begun,
                    {"http.request.method": method, "http.route": route, "http.response.status_code": status},
                )

    async def _answer(self, scope: Scope, receive: Receive, send: Send, refusal: Exception | None) -> None:
        inbox = _Inbox(receive)
        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            _check(scope)
            if refusal is not None:
                raise refusal
            if _declared(scope) > _BODY_LIMIT:
                raise _too_large()
            _check_body(scope, await inbox.body())
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._app(scope, inbox.again, guarded_send)
        except ClientDisconnect:
            return
        except Exception as error:
            if started:
                raise
            on_error = self._catalog.on_domain_error if isinstance(error, DomainError) else self._catalog.on_other
            await _take_leave(on_error(Request(scope), error), scope, inbox, guarded_send)


async def _asker(scope: Scope) -> Principal | Exception | None:
    """Who asks, or why that is nobody; none without a token, which a route may allow and a body does not."""
    try:
        scheme, _, token = _header(scope, b"authorization").decode("latin-1").partition(" ")
        if scheme.lower() == "bearer" and token:
            return await scope["app"].state.verifier.verify(token.strip())  # type: ignore[no-any-return]
        return told(RefusedError("no-token")) if _has_body(scope) else None
    except Exception as error:
        return error


def _cause(scope: Scope, asker: Principal | Exception | None) -> tuple[str | None, str | None]:
    """The traceparent to continue and the one to link to. A trace begins here, unless one of our own began it (D12).

    Whether a chain is traced is not for a browser to say, so neither for what passes it on.
    """
    found = [value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"]
    given = found[0] if len(found) == 1 else None
    if isinstance(asker, Principal) and given is not None:
        if asker.client in DIENSTEN and not asker.role:
            return given, None
        if asker.client == _PORTAL:
            return telemetry.sampled(given), None
    return None, given


def _check(scope: Scope) -> None:
    """Refuse a request that two readers could understand in two ways.

    Raises:
        DomainError: `verzoek-onleesbaar`, `niet-gevonden` or `verkeerd-mediatype`.
    """
    names = [name for name, _ in scope["headers"]]
    old = scope["http_version"] == "1.0"
    if any(names.count(each) > 1 for each in _ONCE) or (b"host" not in names and not old):
        raise DomainError("verzoek-onleesbaar")
    # HTTP/1.0 knows no pieces (RFC 9112, 6.1), and the parser undoes no other coding than that one.
    if _header(scope, b"transfer-encoding").lower() not in ({b""} if old else {b"", b"chunked"}):
        raise DomainError("verzoek-onleesbaar")
    if not _HOST.fullmatch(_header(scope, b"host")):
        raise DomainError("verzoek-onleesbaar")
    if b"%00" in scope["query_string"]:
        raise DomainError("verzoek-onleesbaar")
    if any(each in scope["raw_path"].lower() for each in _NOT_IN_A_PATH):
        raise DomainError("niet-gevonden")
    if _header(scope, b"content-encoding") not in {b"", b"identity"}:
        raise DomainError("verkeerd-mediatype")


def _check_body(scope: Scope, body: bytes) -> None:
    """Refuse a body that is no JSON which everybody reads alike and everything can store.

    Raises:
        DomainError: `verkeerd-mediatype` or `ongeldige-json`.
    """
    if not body:
        return
    if _header(scope, b"content-type").split(b";")[0].strip().lower() != b"application/json":
        raise DomainError("verkeerd-mediatype")
    # PostgreSQL has no text with a NUL, and UTF-8 none with half a surrogate.
    if b"\\u0000" in body:
        raise DomainError("ongeldige-json")
    try:
        json.dumps(strict_json.read(body.decode()), ensure_ascii=False).encode()
    except (RecursionError, ValueError):
        raise DomainError("ongeldige-json") from None


def only_known_parameters(request: Request) -> None:
    """A dependency of every route: each parameter of the query is one of its own, and stands there once.

    Raises:
        RequestValidationError: otherwise.
    """
    if not request.scope["query_string"] or "authorization" not in request.headers:
        return  # without a token the route refuses, and that is said first
    fields = get_flat_params(request.scope["route"].dependant)
    known = {each.alias for each in fields if isinstance(each.field_info, Query)}
    given = [name for name, _ in request.query_params.multi_items()]
    mistakes = {name: "too_often" if name in known else "extra_forbidden" for name in given}
    wrong = [name for name in mistakes if name not in known or given.count(name) > 1]
    if wrong:
        raise RequestValidationError([{"type": mistakes[name], "loc": ("query", name)} for name in wrong])


class _Inbox:
    """What a client sends, read once and within bounds."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._body = b""
        self._given = False
        self.whole = False

    async def body(self) -> bytes:
        """All of it.

        Raises:
            DomainError: `te-groot` or `te-langzaam`.
            ClientDisconnect: it was cut off, so what came may not be read as if it were all.
        """
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                while not self.whole:
                    self._body += await self._next()
                    if len(self._body) > _BODY_LIMIT:
                        raise _too_large()
        except TimeoutError:
            count_refusal("body-time")
            raise DomainError("te-langzaam") from None
        return self._body

    async def again(self) -> Message:
        """The body that was read, then what happens to the connection: as the application's `receive`."""
        if self._given:
            return await self._receive()
        self._given = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def throw_away(self) -> None:
        """Read what still comes, for a moment."""
        with suppress(ClientDisconnect, TimeoutError):
            async with asyncio.timeout(_PARTING_SECONDS):
                while not self.whole:
                    await self._next()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self.whole = not message.get("more_body", False)
        return bytes(message.get("body", b""))


async def _take_leave(response: Response, scope: Scope, inbox: _Inbox, send: Send) -> None:
    """Answer, and hang up on who has not sent all: what comes next would be the rest of a body that nobody wants.

    Not at once: a connection that is closed on what still comes loses the answer on its way.
    """
    if inbox.whole or not _has_body(scope):
        await response(scope, inbox.again, send)
        return
    response.headers["connection"] = "close"

    async def held(message: Message) -> None:
        await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

    await response(scope, inbox.again, held)
    await inbox.throw_away()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _too_large() -> DomainError:
    count_refusal("body-size")
    return DomainError("te-groot")


def _has_body(scope: Scope) -> bool:
    return _declared(scope) > 0 or _header(scope, b"transfer-encoding") != b""


def _declared(scope: Scope) -> int:
    length = _header(scope, b"content-length")
    return int(length[:20]) if length.isdigit() else 0


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for each, value in scope["headers"] if each == name), b"")
