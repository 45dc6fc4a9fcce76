"""The web application of the local issuer."""

import base64
import binascii
from urllib.parse import unquote_plus

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from joserfc.jwk import KeySet

from lokaal.oidc.tokens import (
    DEMO_CLIENT,
    LEVENSDUUR,
    LOKALE_CLIENT,
    LOKALE_GRANT,
    MAX_LEVENSDUUR,
    GeweigerdError,
    Uitgever,
)
from lokaal.proces import from_loopback, new_app

_NIET_BEWAREN = {"cache-control": "no-store"}


def create_app(uitgever: Uitgever) -> FastAPI:
    """Return the issuer."""
    app = new_app("oidc")

    @app.get("/")
    async def wat_is_dit() -> dict[str, object]:
        return {
            "naam": "Lokale OIDC-uitgever",
            "lokaal": True,
            "melding": "Dit is een lokaal hulpmiddel zonder inlogscherm. Gebruik het alleen op je eigen machine.",
            "issuer": uitgever.issuer,
            "discovery": f"{uitgever.issuer}/.well-known/openid-configuration",
        }

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, object]:
        return {
            "issuer": uitgever.issuer,
            "jwks_uri": f"{uitgever.issuer}/jwks",
            "token_endpoint": f"{uitgever.issuer}/token",
            "grant_types_supported": ["client_credentials", LOKALE_GRANT],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    @app.get("/jwks")
    async def jwks() -> dict[str, object]:
        return {**KeySet([uitgever.key]).as_dict(private=False)}

    @app.post("/token")
    async def token(request: Request) -> Response:
        try:
            return JSONResponse(await _token(request), headers=_NIET_BEWAREN)
        except GeweigerdError as fout:
            headers = _NIET_BEWAREN | ({"www-authenticate": "Basic"} if fout.status == 401 else {})
            return JSONResponse({"error": fout.error, "error_description": fout.uitleg}, fout.status, headers)

    async def _token(request: Request) -> dict[str, object]:
        form = {naam: waarde for naam, waarde in (await request.form()).items() if isinstance(waarde, str)}
        client_id, secret = _credentials(request, form)
        uitgever.client(client_id, secret)
        levensduur = _levensduur(form.get("levensduur"))
        match form.get("grant_type"):
            case "client_credentials":
                return uitgever.voor_dienst(client_id, form.get("scope"), levensduur)
            case grant if grant == LOKALE_GRANT:
                if client_id != LOKALE_CLIENT or not from_loopback(request):
                    raise GeweigerdError("unauthorized_client", "Deze grant is er alleen voor het lokale hulpmiddel.")
                return uitgever.voor_gebruiker(
                    sub=form.get("sub", ""),
                    rol=form.get("rol", ""),
                    client=form.get("client") or DEMO_CLIENT,
                    audience=form.get("audience") or "signaal",
                    organisatie=form.get("organisatie"),
                    gemeenten=form.get("gemeenten", "").replace(",", " ").split(),
                    scope=form.get("scope"),
                    levensduur=levensduur,
                )
        raise GeweigerdError("unsupported_grant_type", f"Kies client_credentials of {LOKALE_GRANT}.")

    return app


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise GeweigerdError("invalid_client", "De Authorization-header klopt niet.") from None
    return unquote_plus(client_id), unquote_plus(secret)


def _levensduur(waarde: str | None) -> int:
    try:
        seconden = LEVENSDUUR if waarde is None else int(waarde)
    except ValueError:
        raise GeweigerdError("invalid_request", "levensduur is een geheel aantal seconden.") from None
    if abs(seconden) > MAX_LEVENSDUUR:
        raise GeweigerdError("invalid_request", f"levensduur is hooguit {MAX_LEVENSDUUR} seconden.")
    return seconden
