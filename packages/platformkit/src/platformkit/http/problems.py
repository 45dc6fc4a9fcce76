"""Problem details (RFC 9457): one table from stable codes to status and Dutch text that says what to do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from platformkit.errors import DomainError, TransientError
from platformkit.logging import get_logger
from platformkit.retry import passes

MEDIA_TYPE = "application/problem+json"
log = get_logger()


@dataclass(frozen=True)
class Problem:
    """How an error code looks to the reader. `detail` may name fields of the error's `extra` in braces."""

    status: int
    title: str
    detail: str


COMMON: Mapping[str, Problem] = MappingProxyType(
    {
        "ongeldige-invoer": Problem(
            400, "De invoer klopt niet", "Verbeter de velden die bij 'fouten' staan en verstuur het verzoek opnieuw."
        ),
        "ongeldige-json": Problem(
            400, "Dit is geen geldige JSON", "Verstuur het verzoek opnieuw met een JSON-document als inhoud."
        ),
        "idempotency-key-ontbreekt": Problem(
            400,
            "De Idempotency-Key ontbreekt",
            "Maak voor elk nieuw verzoek een willekeurige UUID en stuur die mee in de header Idempotency-Key.",
        ),
        "idempotency-key-ongeldig": Problem(
            400,
            "De Idempotency-Key is geen UUID",
            "Maak voor elk nieuw verzoek een willekeurige UUID (tekens 0-9 en a-f, in de vorm 8-4-4-4-12) en stuur die mee in"
            " de header Idempotency-Key. Zet er niets anders in, ook geen nummer of naam.",
        ),
        "idempotency-key-hergebruikt": Problem(
            409,
            "Deze Idempotency-Key is al gebruikt voor een ander verzoek",
            "Gebruik voor elk nieuw verzoek een nieuwe Idempotency-Key. Er is niets opgeslagen.",
        ),
        "namens-ontbreekt": Problem(
            400,
            "De header Namens ontbreekt",
            "Stuur het ondertekende bewijs mee van de gebruiker voor wie u dit vraagt.",
        ),
        "namens-ongeldig": Problem(
            400,
            "De header Namens klopt niet",
            "Onderteken voor elk verzoek een nieuw bewijs, met de sleutel die bij uw dienst bekend is.",
        ),
        "niet-ingelogd": Problem(
            401, "U bent niet ingelogd", "Log in en stuur een geldig toegangsbewijs (Bearer-token) mee."
        ),
        "sessie-verlopen": Problem(401, "Uw sessie is verlopen", "Log opnieuw in en probeer het daarna nog een keer."),
        "geen-toegang": Problem(
            403, "U mag dit niet doen", "Uw rol geeft geen recht op deze actie. Vraag uw beheerder om hulp."
        ),
        "niet-gevonden": Problem(404, "Niet gevonden", "Wat u zoekt bestaat niet of is niet voor u zichtbaar."),
        "methode-niet-toegestaan": Problem(
            405, "Deze methode kan hier niet", "Kijk in de API-beschrijving (/v1/openapi.json) welke methoden er zijn."
        ),
        "verzoek-onleesbaar": Problem(
            400,
            "Dit is geen geldig HTTP-verzoek",
            "Controleer het adres en de headers: elke header één keer, met een geldige waarde. Verstuur het dan opnieuw.",
        ),
        "te-langzaam": Problem(
            408,
            "Het verzoek kwam niet op tijd binnen",
            "Verstuur het hele verzoek in één keer opnieuw. Er is niets opgeslagen.",
        ),
        "te-groot": Problem(413, "Het verzoek is te groot", "Stuur een kleiner verzoek. Er is niets opgeslagen."),
        "verkeerd-mediatype": Problem(
            415, "Dit soort inhoud kan niet", "Stuur het verzoek met Content-Type: application/json."
        ),
        "kop-te-groot": Problem(
            431,
            "Het adres en de headers zijn te groot",
            "Stuur een korter adres en minder of kortere headers. Er is niets opgeslagen.",
        ),
        "te-veel-verzoeken": Problem(
            429,
            "Te veel verzoeken",
            "Wacht het aantal seconden in de header Retry-After en probeer het daarna opnieuw.",
        ),
        "tijdelijk-niet-beschikbaar": Problem(
            503,
            "Dit lukt nu even niet",
            # Not "nothing was stored": a commit may have been under way when the time was over or the connection lost.
            "Er is een storing. Probeer hetzelfde over enkele ogenblikken opnieuw, met dezelfde Idempotency-Key: "
            "wat al was opgeslagen, gebeurt dan geen tweede keer.",
        ),
        "interne-fout": Problem(
            500,
            "Er ging iets mis",
            "De fout is vastgelegd. Probeer het later opnieuw of neem contact op met de helpdesk.",
        ),
    }
)
"""What every API can answer."""

_BY_STATUS = {
    400: "ongeldige-json",
    404: "niet-gevonden",
    405: "methode-niet-toegestaan",
    413: "te-groot",
    415: "verkeerd-mediatype",
}


class Catalog:
    """The problem table of one API: the common ones and its own."""

    def __init__(self, own: Mapping[str, Problem]) -> None:
        self.problems = {**COMMON, **own}

    def answer(
        self, code: str, *, extra: Mapping[str, object] | None = None, headers: Mapping[str, str] | None = None
    ) -> JSONResponse:
        """The answer for `code`. An unknown code is a mistake of ours and answered as one."""
        if code not in self.problems:
            log.error("unknown_problem_code", code=code)
            code, extra = "interne-fout", None
        problem = self.problems[code]
        shown = dict(extra or {})
        return JSONResponse(
            {
                **jsonable_encoder(shown),
                "type": f"urn:nl:verwijsindex:probleem:{code}",
                "title": problem.title,
                "status": problem.status,
                "detail": problem.detail.format_map(shown),
                "code": code,
            },
            status_code=problem.status,
            media_type=MEDIA_TYPE,
            headers=dict(headers or {}),
        )

    def on_domain_error(self, _request: Request, error: Exception) -> JSONResponse:
        """A rule said no."""
        assert isinstance(error, DomainError)
        headers = {"Retry-After": str(error.extra["retryAfter"])} if "retryAfter" in error.extra else {}
        if error.code in {"niet-ingelogd", "sessie-verlopen"}:
            headers["WWW-Authenticate"] = "Bearer"
        return self.answer(error.code, extra=error.extra, headers=headers)

    def on_invalid_input(self, _request: Request, error: Exception) -> JSONResponse:
        """FastAPI's 422 becomes the 400 of the NL API Design Rules (trap 9). What was sent is never repeated."""
        assert isinstance(error, RequestValidationError)
        found = error.errors()
        if any(each["type"] == "json_invalid" for each in found):
            return self.answer("ongeldige-json")
        if [(each["type"], each["loc"]) for each in found] == [("missing", ("header", "idempotency-key"))]:
            return self.answer("idempotency-key-ontbreekt")
        # A validator of ours names its problem by a code: the most specific answer wins.
        for each in found:
            own = each.get("ctx", {}).get("code")
            if own in self.problems:
                return self.answer(own)
        mistakes = [{"veld": _field(each["loc"]), "uitleg": _explain(each["type"])} for each in found]
        return self.answer("ongeldige-invoer", extra={"fouten": mistakes})

    def on_http_error(self, _request: Request, error: Exception) -> JSONResponse:
        """Errors of the framework: no such path, wrong method."""
        assert isinstance(error, HTTPException)
        return self.answer(_BY_STATUS.get(error.status_code, "interne-fout"), headers=error.headers)

    def on_other(self, _request: Request, error: Exception) -> JSONResponse:
        """Something is away, or waits for a migration (503), or we made a mistake (500)."""
        if passes(error):
            code = error.code if isinstance(error, TransientError) else "tijdelijk-niet-beschikbaar"
            wait = error.retry_after if isinstance(error, TransientError) else 5
            # A code that another service made up, or one of its other failures, is an outage to the reader of ours.
            if code not in self.problems or self.problems[code].status != 503:
                code = "tijdelijk-niet-beschikbaar"
            log.warning("dependency_unavailable", code=code, error=type(error).__qualname__)
            return self.answer(code, headers={"Retry-After": str(wait)})
        log.error("request_failed", error=type(error).__qualname__)
        return self.answer("interne-fout")


def _field(location: tuple[int | str, ...]) -> str:
    """The path of a field. The name of an unknown field came from outside: repeated only when it looks like a name."""
    parts = [str(part) for part in location if part not in {"body", "query", "path", "header"}]
    return ".".join(part if _NAME.fullmatch(part) else "?" for part in parts) or "verzoek"


_NAME = re.compile(r"[A-Za-z-]{1,40}|[0-9]{1,3}")
_EXPLANATIONS = (
    ("missing", "Dit veld is verplicht."),
    ("extra_forbidden", "Dit veld bestaat niet. Haal het weg."),
    ("too_often", "Dit mag er maar één keer staan."),
    ("date", "Schrijf een datum als jjjj-mm-dd."),
    ("uuid", "Dit is geen geldig kenmerk."),
    ("string_too", "Deze tekst is te kort of te lang."),
    ("enum", "Kies een van de toegestane waarden; zie de API-beschrijving."),
    ("literal_error", "Kies een van de toegestane waarden; zie de API-beschrijving."),
    ("", "Deze waarde klopt niet."),
)


def _explain(kind: str) -> str:
    return next(text for prefix, text in _EXPLANATIONS if kind.startswith(prefix))
