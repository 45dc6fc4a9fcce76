"""The FastAPI application of a service: problems, identity, headers of the NL API Design Rules, health, limits."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from platformkit.errors import DomainError
from platformkit.health import Heartbeat
from platformkit.http.auth import TokenVerifier
from platformkit.http.problems import MEDIA_TYPE, Catalog, Problem

API_VERSION = "1.0.0"
_PREFIX = "/v1"
_BODY_LIMIT = 64 * 1024
# Everything below has its own patience; together they may take longer than anybody waits. What was done then is known
# by its Idempotency-Key.
_ANSWER_SECONDS = 4.5
_HEADERS = [
    (b"api-version", API_VERSION.encode()),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]
Check = Callable[[], Awaitable[None]]


def create_app(
    *,
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    problems: Mapping[str, Problem],
    verifier: TokenVerifier,
    heartbeat: Heartbeat,
    checks: Mapping[str, Check],
) -> FastAPI:
    """The application. `checks` are tried by readiness; each raises when what it checks is away."""
    catalog = Catalog(problems)
    app = FastAPI(
        title=title,
        description=description,
        version=API_VERSION,
        openapi_url=f"{_PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": f"https://verwijsindex.example{_PREFIX}"}],
        contact={
            "name": "Verwijsindex",
            "url": "https://verwijsindex.example",
            "email": "beheer@verwijsindex.example",
        },
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    app.state.verifier = verifier
    app.state.catalog = catalog
    app.add_exception_handler(DomainError, catalog.on_domain_error)
    app.add_exception_handler(RequestValidationError, catalog.on_invalid_input)
    app.add_exception_handler(HTTPException, catalog.on_http_error)
    # The last one added is the outermost: also a preflight and a refused body get the headers.
    app.add_middleware(_Guard, catalog=catalog)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["*"],
        expose_headers=["API-Version", "Location", "Retry-After"],
    )
    app.add_middleware(_Headers)
    for router in routers:
        app.include_router(router, prefix=_PREFIX)
    _health(app, heartbeat, checks)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    FastAPIInstrumentor.instrument_app(app, exclude_spans=["send", "receive"], excluded_urls="gezond")
    return app


def _health(app: FastAPI, heartbeat: Heartbeat, checks: Mapping[str, Check]) -> None:
    @app.get("/gezond/leeft", include_in_schema=False)
    async def alive() -> JSONResponse:
        return JSONResponse({"leeft": heartbeat.alive}, status_code=200 if heartbeat.alive else 503)

    @app.get("/gezond", include_in_schema=False)
    async def ready() -> JSONResponse:
        away = []
        for name, check in checks.items():
            try:
                await check()
            except Exception:
                away.append(name)
        good = heartbeat.ready and not away
        return JSONResponse({"gereed": good, "weg": away}, status_code=200 if good else 503)


class _Headers:
    """Sets the headers that every answer has, unless the answer has its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(each for each in _HEADERS if each[0] not in present)]
            await send(message)

        await self._app(scope, receive, with_headers)


class _Guard:
    """Bounds the body and the time, and turns what nobody caught into a problem."""

    def __init__(self, app: ASGIApp, catalog: Catalog) -> None:
        self._app = app
        self._catalog = catalog

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
            await send(message)

        try:
            body = await _body(scope, receive)
            problem = _refusal(scope, body)
            answer = self._app if problem is None else self._catalog.answer(problem)
            async with asyncio.timeout(_ANSWER_SECONDS):
                await answer(scope, _replay(body or b"", receive), guarded_send)
        except ClientDisconnect:
            return
        except Exception as error:
            if started:
                raise
            await self._catalog.on_other(Request(scope), error)(scope, receive, guarded_send)


def _refusal(scope: Scope, body: bytes | None) -> str | None:
    """The code of the problem with a body as such, none when it may be read."""
    if body is None:
        return "te-groot"
    if body and not _is_json(scope):
        return "verkeerd-mediatype"
    return None if _storable(body) else "ongeldige-json"


def _storable(body: bytes) -> bool:
    """Whether every text in it can be stored: PostgreSQL has none with a NUL, and UTF-8 none with half a surrogate."""
    if b"\x00" in body or b"\\u0000" in body:
        return False
    if b"\\ud" not in body.lower():
        return True
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    except (RecursionError, ValueError):
        return True  # broken in another way, which is told where it is read
    return True


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body, none when it is larger than the limit.

    Raises:
        ClientDisconnect: it was cut off, so what came may not be read as if it were all.
    """
    headers = dict(scope["headers"])
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > _BODY_LIMIT:
        return None
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        body += chunk
        if len(body) > _BODY_LIMIT:
            return None
        if not message.get("more_body", False):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _is_json(scope: Scope) -> bool:
    kind: bytes = dict(scope["headers"]).get(b"content-type", b"")
    return kind.split(b";")[0].strip().lower() == b"application/json"


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The description, by the NL API Design Rules: problems instead of 422, and API-Version on every answer."""
    if app.openapi_schema:
        return app.openapi_schema
    schema = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        description=app.description,
        routes=app.routes,
        servers=app.servers,
        contact=app.contact,
        license_info=app.license_info,
    )
    # The major version stands in the server's address (core/uri-version), so not in each path.
    schema["paths"] = {path.removeprefix(_PREFIX): each for path, each in schema.get("paths", {}).items()}
    version = {"API-Version": {"description": "Versie van de API", "schema": {"type": "string"}}}
    problem = {
        "description": "Er ging iets mis",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Probleem"}}},
    }
    for path in schema.get("paths", {}).values():
        for operation in path.values():
            answers = operation["responses"]
            answers.pop("422", None)
            for status in ("400", "401", "403", "503"):
                answers.setdefault(status, dict(problem))
            for status, answer in answers.items():
                answer["headers"] = {**answer.get("headers", {}), **version}
                if status >= "400":
                    answer["content"] = problem["content"]
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Probleem"] = {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string", "enum": sorted(app.state.catalog.problems)},
        },
    }
    app.openapi_schema = schema
    return schema
