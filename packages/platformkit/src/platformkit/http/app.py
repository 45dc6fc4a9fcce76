"""The FastAPI application of a service: problems, identity, headers of the NL API Design Rules, health, limits."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from platformkit.errors import DomainError
from platformkit.health import Heartbeat
from platformkit.http.auth import TokenVerifier
from platformkit.http.edge import Edge, only_known_parameters
from platformkit.http.namens import NamensReader
from platformkit.http.problems import MEDIA_TYPE, Catalog, Problem

API_VERSION = "1.0.0"
_PREFIX = "/v1"
HEADERS = [
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
    namens: NamensReader,
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
        # Its spans hold paths and queries, continue any trace and are named by whoever asks; ours are made at the edge.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.verifier = verifier
    app.state.namens = namens
    app.state.catalog = catalog
    app.add_exception_handler(DomainError, catalog.on_domain_error)
    app.add_exception_handler(RequestValidationError, catalog.on_invalid_input)
    app.add_exception_handler(HTTPException, catalog.on_http_error)
    # The last one added is the outermost: also a preflight and a refused body get the headers.
    routes: dict[object, str] = {}
    app.add_middleware(Edge, catalog=catalog, routes=routes)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["*"],
        expose_headers=["API-Version", "Location", "Retry-After"],
    )
    app.add_middleware(_Headers)
    for router in routers:
        app.include_router(router, prefix=_PREFIX, dependencies=[Depends(only_known_parameters)])
        routes |= {each.endpoint: _PREFIX + each.path for each in router.routes if isinstance(each, Route)}
    routes |= {each.endpoint: each.path for each in app.routes if isinstance(each, Route)}
    _health(app, heartbeat, checks)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
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
                message["headers"] = [*message["headers"], *(each for each in HEADERS if each[0] not in present)]
            await send(message)

        await self._app(scope, receive, with_headers)


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
