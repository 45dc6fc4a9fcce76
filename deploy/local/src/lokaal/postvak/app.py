"""The web side of the mailbox: the inbox page, the JSON API and the control call; SMTP lives and dies with it."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Annotated, Literal
from urllib.parse import urlencode

import jinja2
from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import AwareDatetime, ValidationError

from lokaal import traces
from lokaal.postvak.berichten import Berichten
from lokaal.postvak.besturing import Besturing, Opdracht
from lokaal.proces import control_refusal, from_loopback, new_app, problem, wrong_order
from platformkit.clock import AMSTERDAM

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
    viewer: str = "",
) -> FastAPI:
    """Return the mailbox; its SMTP server listens on `smtp` (host, port) while the application runs.

    `viewer`: address of the trace viewer; empty when there is none.
    """

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

    app.include_router(_paginas(berichten, smtp, viewer))
    app.include_router(_wissen(berichten))
    app.include_router(_api(berichten))
    app.include_router(_besturing_router(besturing, berichten))
    return app


def _paginas(berichten: Berichten, smtp: tuple[str, int], viewer: str) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    async def lijst(aan: str = "", zoek: str = "", stil: Literal["", "ja"] = "") -> HTMLResponse:
        aan, zoek = aan.strip(), zoek.strip()
        gevonden = list(berichten.zoek(aan, tekst=zoek))
        return _pagina(
            "lijst.html",
            berichten=gevonden[:_OP_PAGINA],
            totaal=len(gevonden),
            bewaard=len(berichten),
            aan=aan,
            zoek=zoek,
            stil=stil,
            hier=_adres(aan=aan, zoek=zoek, stil=stil),
            gewisseld=_adres(aan=aan, zoek=zoek, stil="" if stil else "ja"),
            smtp=smtp,
        )

    @router.get("/berichten/{id_}")
    async def bericht(id_: str) -> HTMLResponse:
        gevonden = berichten.met_id(id_)
        return _pagina("bericht.html", 200 if gevonden else 404, bericht=gevonden, viewer=viewer)

    @router.get("/berichten/{id_}/trace")
    def trace(id_: str) -> Response:
        gevonden = berichten.met_id(id_)
        if gevonden is None:
            return _pagina("bericht.html", 404)
        gevonden_trace = traces.of_mail(viewer, gevonden.message_id) if viewer and gevonden.message_id else None
        if gevonden_trace is None:
            return _pagina("geen_trace.html", 404, bericht=gevonden)
        return RedirectResponse(traces.page(viewer, gevonden_trace), 303)

    @router.get("/stijl.css")
    async def css() -> Response:
        return Response(files(__package__).joinpath("templates/stijl.css").read_text("utf-8"), media_type="text/css")

    return router


def _wissen(berichten: Berichten) -> APIRouter:
    router = APIRouter()

    @router.get("/wissen")
    async def wissen() -> HTMLResponse:
        return _pagina("wissen.html", bewaard=len(berichten))

    @router.post("/wissen")
    async def wis(request: Request) -> Response:
        # A page of another site may post a form here, but the browser says where from.
        if not from_loopback(request) or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return problem(403, "alleenLokaal", "Alleen vanaf deze pagina", "Wis de berichten op de pagina zelf.")
        berichten.wis()
        return RedirectResponse("/", 303)

    return router


def _api(berichten: Berichten) -> APIRouter:
    router = APIRouter(prefix="/api/berichten")

    @router.get("")
    async def lijst(
        aan: str | None = None,
        zoek: str | None = None,
        sinds: AwareDatetime | None = None,
        limiet: Annotated[int, Query(ge=1, le=10_000)] = 100,
    ) -> Response:
        gevonden = [b.model_dump(mode="json", by_alias=True) for b in islice(berichten.zoek(aan, sinds, zoek), limiet)]
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


def _pagina(naam: str, status: int = 200, **inhoud: object) -> HTMLResponse:
    return HTMLResponse(_templates().get_template(naam).render(inhoud), status, _CSP)


@cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(loader=jinja2.PackageLoader("lokaal.postvak"), autoescape=True)
    templates.filters["tijd"] = _tijd
    return templates


def _adres(**keuzes: str) -> str:
    """Of the list with these choices."""
    return "/?" + urlencode({name: text for name, text in keuzes.items() if text})


def _tijd(moment: datetime, vorm: str = "%d-%m-%Y %H:%M:%S %Z") -> str:
    return moment.astimezone(AMSTERDAM).strftime(vorm)
