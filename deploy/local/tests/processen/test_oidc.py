"""The local issuer, as a client of it sees it: discovery, keys, both grants, refusals."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from contracts.rollen import APIS, SCOPES

GRANT = "urn:verwijsindex:grant:lokaal"
LOKAAL = ("lokaal", "geheim-lokaal")
CLIENTS = json.dumps(
    {
        "signaal": {"secret": "geheim-signaal", "scopes": ["personen:vastleggen"]},
        "notificatie": {"secret": "geheim-notificatie", "scopes": ["meldadressen:lezen", "regie:lezen"]},
        "lokaal": {"secret": "geheim-lokaal"},
    }
)


@pytest.fixture(scope="module")
def oidc(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return start("lokaal.oidc", tmp_path_factory.mktemp("oidc"), OIDC_CLIENTS=CLIENTS)


def ask(oidc: Any, auth: tuple[str, str] | None = LOKAAL, **form: str) -> httpx.Response:
    return httpx.post(f"{oidc.url}/token", data=form, auth=auth)


def claims(oidc: Any, response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    discovery = httpx.get(f"{oidc.url}/.well-known/openid-configuration").json()
    assert discovery["issuer"] == oidc.url
    keys = KeySet.import_key_set(httpx.get(discovery["jwks_uri"]).json())
    return dict(jwt.decode(response.json()["access_token"], keys, algorithms=["ES256"]).claims)


def test_publishes_no_private_key(oidc: Any) -> None:
    (key,) = httpx.get(f"{oidc.url}/jwks").json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (oidc.run_dir / "oidc" / "sleutel.pem").stat().st_mode & 0o077 == 0


def test_token_for_a_service(oidc: Any) -> None:
    found = claims(oidc, ask(oidc, ("signaal", "geheim-signaal"), grant_type="client_credentials"))
    assert found.pop("exp") - found.pop("iat") == 3600
    assert found.pop("jti")
    assert found == {
        "iss": oidc.url,
        "aud": ["brp-proxy"],
        "sub": "signaal",
        "client_id": "signaal",
        "scope": "personen:vastleggen",
    }


def test_a_service_gets_a_token_for_the_apis_of_the_scopes_that_it_asks(oidc: Any) -> None:
    asked = {"grant_type": "client_credentials", "scope": "regie:lezen"}
    found = claims(oidc, ask(oidc, ("notificatie", "geheim-notificatie"), **asked))
    assert (found["aud"], found["scope"]) == (["match"], "regie:lezen")
    both = claims(oidc, ask(oidc, ("notificatie", "geheim-notificatie"), grant_type="client_credentials"))
    assert both["aud"] == ["signaal", "match"]


def test_secret_in_the_form_works_too(oidc: Any) -> None:
    form = {"grant_type": "client_credentials", "client_id": "signaal", "client_secret": "geheim-signaal"}
    assert claims(oidc, ask(oidc, None, **form))["sub"] == "signaal"


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("rol", SCOPES)
def test_token_for_each_role_and_api(oidc: Any, rol: str, api: str) -> None:
    form = {"organisatie": "o-1", "gemeenten": "0363 0384", "client": "app", "audience": api}
    found = claims(oidc, ask(oidc, grant_type=GRANT, sub="anna", rol=rol, **form))
    assert found["scope"].split() == sorted(SCOPES[rol] & APIS[api])
    assert found["aud"] == api
    assert (found["sub"], found["rol"], found["client_id"]) == ("anna", rol, "app")
    assert (found["organisatie"], found["gemeenten"]) == ("o-1", ["0363", "0384"])


def test_optional_claims_are_left_out(oidc: Any) -> None:
    found = claims(oidc, ask(oidc, grant_type=GRANT, sub="anna", rol="professional"))
    assert "organisatie" not in found
    assert "gemeenten" not in found
    assert (found["client_id"], found["aud"]) == ("demo", "signaal")


def test_lifetime_also_in_the_past(oidc: Any) -> None:
    found = claims(oidc, ask(oidc, grant_type=GRANT, sub="anna", rol="professional", levensduur="-60"))
    assert found["exp"] < time.time()
    assert found["iat"] <= found["exp"]
    short = claims(oidc, ask(oidc, grant_type=GRANT, sub="anna", rol="professional", levensduur="5"))
    assert short["exp"] - short["iat"] == 5


def test_scope_can_be_narrowed(oidc: Any) -> None:
    form = {"grant_type": GRANT, "sub": "anna", "rol": "professional"}
    assert claims(oidc, ask(oidc, **form, scope="signalen:lezen"))["scope"] == "signalen:lezen"
    assert ask(oidc, **form, scope="deelnemers:beheren").json()["error"] == "invalid_scope"


@pytest.mark.parametrize(
    ("auth", "form", "status", "error"),
    [
        (("signaal", "fout"), {"grant_type": "client_credentials"}, 401, "invalid_client"),
        (("niemand", ""), {"grant_type": "client_credentials"}, 401, "invalid_client"),
        (None, {"grant_type": "client_credentials"}, 401, "invalid_client"),
        (LOKAAL, {"grant_type": "password"}, 400, "unsupported_grant_type"),
        (LOKAAL, {}, 400, "unsupported_grant_type"),
        (
            ("signaal", "geheim-signaal"),
            {"grant_type": GRANT, "sub": "a", "rol": "professional"},
            400,
            "unauthorized_client",
        ),
        (LOKAAL, {"grant_type": GRANT, "rol": "professional"}, 400, "invalid_request"),
        (LOKAAL, {"grant_type": GRANT, "sub": "a", "rol": "koning"}, 400, "invalid_request"),
        (LOKAAL, {"grant_type": GRANT, "sub": "a", "rol": "professional", "audience": "x"}, 400, "invalid_target"),
        (LOKAAL, {"grant_type": GRANT, "sub": "a", "rol": "professional", "levensduur": "x"}, 400, "invalid_request"),
        (
            LOKAAL,
            {"grant_type": GRANT, "sub": "a", "rol": "professional", "levensduur": "9999999"},
            400,
            "invalid_request",
        ),
    ],
)
def test_refusals(oidc: Any, auth: tuple[str, str] | None, form: dict[str, str], status: int, error: str) -> None:
    response = ask(oidc, auth, **form)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert ("www-authenticate" in response.headers) == (status == 401)


def test_broken_basic_header(oidc: Any) -> None:
    response = httpx.post(f"{oidc.url}/token", headers={"Authorization": "Basic ???"})
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_key_survives_a_restart(start: Any, tmp_path: Path) -> None:
    first = start("lokaal.oidc", tmp_path, OIDC_CLIENTS=CLIENTS)
    response = ask(first, grant_type=GRANT, sub="anna", rol="professional")
    port = int(first.url.rpartition(":")[2])
    assert first.stop() == 0
    again = start("lokaal.oidc", tmp_path, port, OIDC_CLIENTS=CLIENTS)
    assert claims(again, response)["sub"] == "anna"
    assert "anna" not in again.log.read_text()
    again.stop()


def test_says_what_it_is(oidc: Any) -> None:
    assert httpx.get(oidc.url).json()["lokaal"] is True


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ({"OIDC_CLIENTS": "{}", "HTTP_HOST": "0.0.0.0"}, "wrong or missing settings: HTTP_HOST"),
        ({}, "wrong or missing settings: OIDC_CLIENTS"),
        ({"OIDC_CLIENTS": "{geheim"}, "wrong settings:"),
    ],
)
def test_wrong_settings_end_it_with_one_line(run_to_end: Any, env: dict[str, str], line: str) -> None:
    done = run_to_end("lokaal.oidc", **env)
    assert done.returncode == 2
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
    assert "geheim" not in done.stderr
