"""The web side of the mailbox: the inbox page, the JSON API and the control call; SMTP lives and dies with it."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.resources import files
from itertools import islice
from typing import Annotated

import jinja2
from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import AwareDatetime, ValidationError

from lokaal.postvak.berichten import Berichten
from lokaal.postvak.besturing import Besturing, Opdracht
from lokaal.proces import NEDERLAND, control_refusal, new_app, problem, wrong_order

_OP_PAGINA = 200
# Nothing from elsewhere and no scripts: the text of a mail can never do something here.
_CSP = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'"
}


def create_app(
    berichten: Berichten,
    besturing: Besturing,
    smtp: tuple[str, int],
    factory: Callable[[], asyncio.Protocol],
) -> FastAPI:
    """Return the mailbox; its SMTP server listens on `smtp` (host, port) while the application runs."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        logging.getLogger("mail").setLevel(logging.CRITICAL)  # aiosmtpd writes addresses
        server = await asyncio.get_running_loop().create_server(factory, *smtp)
        try:
            yield
        finally:
            server.close()

    app = new_app("postvak", lifespan)

    @app.exception_handler(RequestValidationError)
    async def onjuist(_request: Request, error: RequestValidationError) -> Response:
        namen = ", ".join(str(part["loc"][-1]) for part in error.errors())
        return problem(400, "vraagOnjuist", "Deze vraag klopt niet", f"Kijk naar: {namen}.")

    app.include_router(_paginas(berichten, smtp))
    app.include_router(_api(berichten))
    app.include_router(_besturing_router(besturing, berichten))
    return app


def _paginas(berichten: Berichten, smtp: tuple[str, int]) -> APIRouter:
    router = APIRouter()
    templates = jinja2.Environment(loader=jinja2.PackageLoader("lokaal.postvak"), autoescape=True)
    templates.filters["tijd"] = _tijd
    stijl = files(__package__).joinpath("templates/stijl.css").read_text("utf-8")

    def pagina(naam: str, status: int = 200, **inhoud: object) -> HTMLResponse:
        return HTMLResponse(templates.get_template(naam).render(inhoud), status, _CSP)

    @router.get("/")
    async def lijst(aan: str = "") -> HTMLResponse:
        gevonden = list(berichten.zoek(aan or None))
        return pagina("lijst.html", berichten=gevonden[:_OP_PAGINA], totaal=len(gevonden), aan=aan, smtp=smtp)

    @router.get("/berichten/{id_}")
    async def bericht(id_: str) -> HTMLResponse:
        gevonden = berichten.met_id(id_)
        return pagina("bericht.html", 200 if gevonden else 404, bericht=gevonden)

    @router.get("/stijl.css")
    async def css() -> Response:
        return Response(stijl, media_type="text/css")

    return router


def _api(berichten: Berichten) -> APIRouter:
    router = APIRouter(prefix="/api/berichten")

    @router.get("")
    async def lijst(
        aan: str | None = None,
        sinds: AwareDatetime | None = None,
        limiet: Annotated[int, Query(ge=1, le=10_000)] = 100,
    ) -> Response:
        gevonden = [b.model_dump(mode="json", by_alias=True) for b in islice(berichten.zoek(aan, sinds), limiet)]
        return JSONResponse({"items": gevonden})

    @router.get("/{id_}")
    async def bericht(id_: str) -> Response:
        gevonden = berichten.met_id(id_)
        if gevonden is None:
            return problem(404, "berichtOnbekend", "Onbekend bericht", "Dit bericht is er niet (meer).")
        return JSONResponse(gevonden.model_dump(mode="json", by_alias=True))

    @router.delete("")
    async def wis(request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        berichten.wis()
        return Response(status_code=204)

    return router


def _besturing_router(besturing: Besturing, berichten: Berichten) -> APIRouter:
    router = APIRouter(prefix="/_besturing")

    @router.get("")
    async def toestand() -> dict[str, object]:
        return besturing.toestand() | {"bewaard": len(berichten)}

    @router.put("")
    async def bestuur(request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        try:
            besturing.opdracht = Opdracht.model_validate_json(await request.body())
        except ValidationError as error:
            return wrong_order(error)
        return JSONResponse(besturing.toestand())

    @router.delete("")
    async def herstel(request: Request) -> Response:
        if refusal := control_refusal(request):
            return refusal
        besturing.opdracht = Opdracht()
        return Response(status_code=204)

    return router


def server_context(certificate: str, key: str) -> ssl.SSLContext:
    """Return the TLS settings of the SMTP server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def _tijd(moment: datetime, vorm: str = "%d-%m-%Y %H:%M:%S") -> str:
    return moment.astimezone(NEDERLAND).strftime(vorm)
