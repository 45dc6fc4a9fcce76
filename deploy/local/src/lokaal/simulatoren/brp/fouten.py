"""The problem answers of the BRP API 2.7.0: its OpenAPI, and its features where those are more exact."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from fastapi import Response
from fastapi.responses import JSONResponse, StreamingResponse

from lokaal.simulatoren.brp.vraag import InvalidParam

_Message: TypeAlias = MutableMapping[str, Any]

PAD = "/haalcentraal/api/brp/personen"
UPDATE_PAD = "/haalcentraal/api/brpupdate"
_RFC7231 = "https://datatracker.ietf.org/doc/html/rfc7231#section-"
_ALLEEN_JSON = "Ondersteunde content type: application/json; charset=utf-8."


@dataclass(frozen=True)
class Fout:
    """One kind of problem."""

    status: int
    code: str
    title: str
    type: str
    detail: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


NIET_GEAUTHENTICEERD = Fout(
    401, "authentication", "Niet correct geauthenticeerd.", "https://datatracker.ietf.org/doc/html/rfc7235#section-3.1"
)
NIET_GEAUTORISEERD = Fout(403, "autorisation", "U bent niet geautoriseerd voor deze operatie.", _RFC7231 + "6.5.3")
NIET_ACCEPTABEL = Fout(
    406, "notAcceptable", "Gevraagde content type wordt niet ondersteund.", _RFC7231 + "6.5.6", _ALLEEN_JSON
)
NIET_ONDERSTEUND = Fout(
    415, "unsupportedMediaType", "Media Type wordt niet ondersteund.", _RFC7231 + "6.5.13", _ALLEEN_JSON
)
NIET_GEVONDEN = Fout(404, "notFound", "Opgevraagde resource bestaat niet.", _RFC7231 + "6.5.4")
TE_VEEL = Fout(
    429,
    "tooManyRequests",
    "Too many request",
    "https://datatracker.ietf.org/doc/html/rfc6585#section-4",
    headers=(("retry-after", "1"),),
)
INTERN = Fout(500, "serverError", "Interne server fout.", _RFC7231 + "6.6.1")
NIET_BESCHIKBAAR = Fout(503, "notAvailable", "Bronservice BRP is tijdelijk niet beschikbaar.", _RFC7231 + "6.6.4")


def antwoord(fout: Fout, pad: str = PAD, retry_after: int | None = None) -> JSONResponse:
    """Return the problem answer of this kind to a call of `pad`; `retry_after` (seconds) where it is told."""
    inhoud = {"type": fout.type, "title": fout.title, "status": fout.status}
    if fout.detail:
        inhoud["detail"] = fout.detail
    inhoud |= {"instance": pad, "code": fout.code}
    headers = dict(fout.headers) | ({} if retry_after is None else {"retry-after": str(retry_after)})
    return JSONResponse(inhoud, fout.status, headers, "application/problem+json")


def foute_parameters(fouten: Sequence[InvalidParam], pad: str = PAD) -> JSONResponse:
    """Return the 400 that names every wrong parameter."""
    namen = ", ".join(dict.fromkeys(fout.name for fout in fouten))
    return _bad_request(f"De foutieve parameter(s) zijn: {namen}.", fouten, pad)


def geen_json(pad: str = PAD) -> JSONResponse:
    """Return the 400 for a body that is no JSON object."""
    return _bad_request("De request body is geen geldige JSON.", (), pad)


def _bad_request(detail: str, fouten: Sequence[InvalidParam], pad: str) -> JSONResponse:
    inhoud: dict[str, object] = {
        "type": _RFC7231 + "6.5.1",
        "title": "Een of meerdere parameters zijn niet correct.",
        "status": 400,
        "detail": detail,
        "instance": pad,
        "code": "paramsValidation",
    }
    if fouten:
        inhoud["invalidParams"] = [fout.as_json() for fout in fouten]
    return JSONResponse(inhoud, 400, media_type="application/problem+json")


def kapot(response: Response) -> Response:
    """Return half of an answer: all of HTTP is right, and it is no JSON."""
    half = bytes(response.body)[: len(response.body) // 2]
    return Response(half, response.status_code, media_type=response.headers["content-type"])


def verkeerd_type(response: Response) -> Response:
    """Return an answer in which every text is a number, and every truth a text."""
    inhoud = json.dumps(_verkeerd(json.loads(bytes(response.body))))
    return Response(inhoud, response.status_code, media_type=response.headers["content-type"])


def _verkeerd(waarde: Any) -> Any:
    if isinstance(waarde, dict):
        return {naam: _verkeerd(deel) for naam, deel in waarde.items()}
    if isinstance(waarde, list):
        return [_verkeerd(deel) for deel in waarde]
    return len(waarde) if isinstance(waarde, str) else "ja"


def druppelend(response: Response, seconden: float) -> Response:
    """Return an answer that comes in drops of 16 bytes, with a pause before each."""
    inhoud = bytes(response.body)

    async def druppels() -> AsyncIterator[bytes]:
        for begin in range(0, len(inhoud), 16):
            await asyncio.sleep(seconden)
            yield inhoud[begin : begin + 16]

    return StreamingResponse(druppels(), response.status_code, media_type=response.headers["content-type"])


class AfgebrokenAntwoord(Response):
    """An answer that stops in the middle: the server closes the connection, as when the other side dies."""

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Send the head of an answer and a part of its body, and no more."""
        headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"4096")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"type":"Raad', "more_body": True})
