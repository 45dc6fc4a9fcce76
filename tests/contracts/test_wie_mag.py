"""Who may do what, written by hand: each route of each API with who may use it, whatever a token says (D16, D17).

A change of `contracts.rollen` or of a route shows here, and is meant to be agreed on here.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi import applications

from contracts.http.registry import CALLS
from contracts.rollen import APIS, DIENSTEN, SCOPES, mag
from platformkit.http.auth import TokenVerifier
from platformkit.testing import Issuer
from platformkit.testing.issuer import ISSUER

ROLES = {
    "professional",
    "matchregisseur",
    "coordinator",
    "functionaris",
    "verantwoordelijke",
    "instellingscoordinator",
    "locatiebeheerder",
    "accounthouder",
    "convenantmanager",
    "beleidsmedewerker",
    "functioneel-beheerder",
    "bronsysteem",
}
SERVICES = {"signaal", "match", "notificatie", "brp-proxy", "inzage"}
WITH_SIGNALS = {"professional", "matchregisseur"}

TABLE: dict[tuple[str, str, str], tuple[str, set[str]]] = {
    ("signaal", "POST", "/v1/signalen"): ("signalen:afgeven", WITH_SIGNALS),
    ("signaal", "GET", "/v1/signalen"): ("signalen:lezen", WITH_SIGNALS),
    ("signaal", "GET", "/v1/signalen/{signaalId}"): ("signalen:lezen", WITH_SIGNALS),
    ("signaal", "POST", "/v1/signalen/{signaalId}/afsluitingen"): ("signalen:afsluiten", WITH_SIGNALS),
    ("signaal", "GET", "/v1/organisaties"): ("deelnemers:beheren", {"functioneel-beheerder"}),
    ("signaal", "PUT", "/v1/professionals/{professionalId}"): ("deelnemers:beheren", {"functioneel-beheerder"}),
    ("signaal", "GET", "/v1/personen/{persoonRef}/signalen/bestaan"): ("signalen:bestaan", {"brp-proxy"}),
    ("signaal", "POST", "/v1/contactgegevens"): ("contactgegevens:lezen", {"match"}),
    ("signaal", "GET", "/v1/accounts/eigen"): ("contactgegevens:lezen", {"match"}),
    ("signaal", "POST", "/v1/meldadressen"): ("meldadressen:lezen", {"notificatie"}),
    ("signaal", "POST", "/v1/verhuizingen/ontvangers"): ("meldadressen:lezen", {"notificatie"}),
    ("match", "GET", "/v1/matches"): ("matches:lezen", WITH_SIGNALS),
    ("match", "GET", "/v1/matches/{matchId}"): ("matches:lezen", WITH_SIGNALS),
    ("match", "POST", "/v1/regiepartijen"): ("regie:lezen", {"notificatie"}),
    ("brp-proxy", "POST", "/v1/persoonsverwijzingen"): ("personen:vastleggen", {"signaal"}),
    ("brp-proxy", "POST", "/v1/persoonsverwijzingen/vergelijkingen"): ("personen:vastleggen", {"signaal"}),
    ("brp-proxy", "POST", "/v1/kaartgegevens"): ("kaartgegevens:lezen", {"signaal", "inzage"}),
    ("brp-proxy", "POST", "/v1/klassegegevens"): ("klassegegevens:lezen", {"signaal"}),
}
REFUSED = {"niet-ingelogd", "sessie-verlopen", "geen-toegang", "interne-fout"}
EVERY_SCOPE = sorted({scope for scope, _ in TABLE.values()})


@pytest.fixture(scope="module")
def apps() -> Iterator[dict[str, Any]]:
    """The application of each service with an API, none of whose neighbours is there."""
    with tempfile.TemporaryDirectory() as folder:
        yield asyncio.run(applications(Path(folder)))


def test_every_route_stands_in_the_table(apps: dict[str, Any]) -> None:
    found = {
        (service, method.upper(), f"/v1{path}")
        for service, app in apps.items()
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    }
    assert found == TABLE.keys()


def test_the_scopes_of_each_role_service_and_api_are_those_of_the_table() -> None:
    assert SCOPES.keys() == ROLES
    assert DIENSTEN.keys() == SERVICES
    for who in ROLES:
        assert SCOPES[who] == {scope for scope, may in TABLE.values() if who in may}, who
    for who in SERVICES:
        assert DIENSTEN[who] == {scope for scope, may in TABLE.values() if who in may}, who
    for api, scopes in APIS.items():
        assert scopes == {scope for (service, _, _), (scope, _) in TABLE.items() if service == api}, api
    assert all(call.scope in APIS[call.service] for call in CALLS)


@pytest.mark.parametrize("scope", EVERY_SCOPE)
def test_nobody_else_may(scope: str) -> None:
    (may,) = {frozenset(may) for each, may in TABLE.values() if each == scope}
    assert {role for role in ROLES | SERVICES | {"", "koning"} if mag(scope, role, "portaal")} == may & ROLES
    assert {client for client in ROLES | SERVICES | {"", "portaal"} if mag(scope, "", client)} == may & SERVICES
    assert not any(mag(scope, role, client) for role in ROLES for client in SERVICES), "a service has no role"


async def _status(app: Any, method: str, path: str, token: str) -> tuple[int, str]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    nil = "00000000-0000-4000-8000-000000000000"
    url = path.format(signaalId=nil, professionalId=nil, persoonRef=nil, matchId=nil)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        # No body and no `Namens`: who may is told that, or that nothing is there to answer him.
        answer = await http.request(method, url, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(("service", "method", "path"), TABLE)
async def test_each_route_lets_in_who_may_and_nobody_else(
    apps: dict[str, Any], service: str, method: str, path: str
) -> None:
    """Everybody, with every scope in the token, as an issuer gives who asks for it; and with every scope but the right one."""
    app, issuer = apps[service], Issuer(service)
    app.state.verifier = TokenVerifier(ISSUER, service, issuer.http())
    needed, may = TABLE[service, method, path]
    others = " ".join(each for each in EVERY_SCOPE if each != needed)
    bearers = [{"sub": "wie", "client_id": "portaal", "rol": role} for role in ROLES | {"koning", ""}]
    bearers += [{"sub": client, "client_id": client, "rol": None} for client in SERVICES | {"portaal"}]
    for bearer in bearers:
        status, code = await _status(app, method, path, issuer.token(**bearer, scope=" ".join(EVERY_SCOPE)))
        if (bearer["rol"] or bearer["client_id"]) in may:
            assert code not in REFUSED, bearer
        else:
            assert (status, code) == (403, "geen-toegang"), bearer
        assert await _status(app, method, path, issuer.token(**bearer, scope=others)) == (403, "geen-toegang")


@pytest.mark.parametrize("service", APIS)
async def test_a_token_for_another_api_is_refused(apps: dict[str, Any], service: str) -> None:
    app = apps[service]
    issuer = Issuer(service)
    app.state.verifier = TokenVerifier(ISSUER, service, issuer.http())
    (method, path, may) = next((m, p, may) for (api, m, p), (_, may) in TABLE.items() if api == service)
    who = min(may)
    bearer = {"rol": who} if who in ROLES else {"rol": None, "client_id": who}
    good = issuer.token(**bearer, scope=" ".join(EVERY_SCOPE), aud=["een-ander", service])
    assert (await _status(app, method, path, good))[1] not in REFUSED
    for audience in {*APIS, "verwijsindex", "portaal", f"{service}2"} - {service}:
        other = issuer.token(**bearer, scope=" ".join(EVERY_SCOPE), aud=audience)
        assert await _status(app, method, path, other) == (401, "niet-ingelogd")
