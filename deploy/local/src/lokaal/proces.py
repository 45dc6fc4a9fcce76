"""What the small processes of the local stack have in common: settings, logging, a web server on loopback."""

import ipaddress
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import TypeVar

import structlog
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsError

from platformkit.clock import AMSTERDAM

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
T = TypeVar("T", bound=BaseSettings)


class ProcesSettings(BaseSettings):
    """Settings that every local process takes from the environment."""

    http_host: str = "127.0.0.1"
    http_port: int
    run_dir: Path = Path(".run")
    log_level: str = "INFO"

    @field_validator("http_host")
    @classmethod
    def _only_loopback(cls, host: str) -> str:
        return loopback(host)


def loopback(host: str) -> str:
    """Return `host` unchanged; raise ValueError when it is not a loopback address.

    These processes hand out tokens and take control calls without a login: they must never be reachable from outside.
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError("a local process listens on a loopback address only")
    return host


def read_settings(kind: type[T]) -> T:
    """Read the settings from the environment; end the process with one line when they are wrong.

    The line names the settings, never their values: some are secrets.
    """
    try:
        return kind()
    except ValidationError as error:
        wrong = ", ".join(sorted({str(part["loc"][0]).upper() for part in error.errors() if part["loc"]}))
        print(f"wrong or missing settings: {wrong}", file=sys.stderr)
        raise SystemExit(2) from None
    except SettingsError as error:  # a value that should be JSON and is not; the text names the field only
        print(f"wrong settings: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def domain_now(clock_file: Path | None) -> datetime:
    """Return the domain clock's time in Dutch time: real time plus the offset (seconds) in the stack's clock file (D7)."""
    offset = 0.0
    if clock_file is not None and clock_file.exists():
        offset = float(clock_file.read_text().strip() or 0)
    return (datetime.now(UTC) + timedelta(seconds=offset)).astimezone(AMSTERDAM)


def new_app(name: str, lifespan: Lifespan | None = None) -> FastAPI:
    """Return an application without the documentation pages (they load scripts from elsewhere), with GET /gezond."""
    app = FastAPI(title=name, openapi_url=None, lifespan=lifespan)

    @app.get("/gezond")
    async def gezond() -> dict[str, str]:
        return {"status": "gereed", "naam": name}

    return app


def from_loopback(request: Request) -> bool:
    """Tell whether the caller is on this machine."""
    return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback


def problem(status: int, code: str, title: str, detail: str) -> JSONResponse:
    """Return a problem+json answer (RFC 9457) of a local tool."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    return JSONResponse(content, status, media_type="application/problem+json")


def control_refusal(request: Request) -> JSONResponse | None:
    """Return why a control call is refused, or None.

    JSON is required because a web page of another origin cannot send it without asking first.
    """
    if not from_loopback(request):
        return problem(403, "alleenLokaal", "Alleen vanaf deze machine", "Roep de besturing aan vanaf deze machine.")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in {"PUT", "PATCH", "POST"} and media_type != "application/json":
        return problem(415, "alleenJson", "Alleen JSON", "Stuur de opdracht als application/json.")
    return None


def wrong_order(error: ValidationError) -> JSONResponse:
    """Return the 400 for a control call that is not understood."""
    detail = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
    return problem(400, "opdrachtOnjuist", "Deze opdracht klopt niet", detail)


def serve(app: FastAPI, settings: ProcesSettings) -> None:
    """Serve `app` until SIGTERM or SIGINT; running requests are finished first."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="tijd"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level.lower()),
    )
    # uvicorn raises the signal again after a graceful stop; without this the exit code would say "killed".
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _nothing)
    log = structlog.get_logger()
    log.info("proces_gestart", naam=app.title, poort=settings.http_port)
    uvicorn.run(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,  # paths and queries of these tools can name a person
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    log.info("proces_gestopt", naam=app.title)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Take the signal that uvicorn has already handled."""
