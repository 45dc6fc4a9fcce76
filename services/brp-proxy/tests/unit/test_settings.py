"""What a process of brp-proxy is told."""

import pytest
from pydantic import ValidationError

from brp_proxy.bootstrap import SERVICE
from brp_proxy.settings import SLEUTELS, Settings
from platformkit.service import runtime

BASE = "postgresql://api:een@db.example:5432/brp_proxy?sslmode=verify-full"


@pytest.mark.regel("D1")
@pytest.mark.parametrize("role", ["api", "worker", "migrate"])
def test_keys_in_the_database_of_the_persons_are_refused(role: str) -> None:
    told = {f"database_url_{role}": BASE}
    same = "postgresql://ander:twee@db.example/brp_proxy"
    with pytest.raises(ValidationError, match="is the database of the persons") as refused:
        Settings(**told, **{f"database_url_sleutels_{role}": same})
    assert "twee" not in str(refused.value)
    apart = Settings(**told, **{f"database_url_sleutels_{role}": f"{same}_sleutels"})
    assert apart.database_url(role, SLEUTELS) == f"{same}_sleutels"


@pytest.mark.regel("D17")
@pytest.mark.parametrize(
    ("role", "lacks"),
    [
        ("api", {"DATABASE_URL_SLEUTELS_API"}),
        ("jobs", {"DATABASE_URL_SLEUTELS_WORKER"}),
        ("all", {"DATABASE_URL_SLEUTELS_API", "DATABASE_URL_SLEUTELS_WORKER"}),
        ("consumer", set()),
        ("relay", set()),
    ],
)
def test_who_reaches_the_keys_does_not_start_without_their_address(role: str, lacks: set[str]) -> None:
    roles = runtime.roles.chosen(role)
    missing = SERVICE.not_set(Settings(), roles, runtime.roles.database_roles(roles))
    assert {each for each in missing if "SLEUTELS" in each} - {"NAMENS_SLEUTELS"} == lacks


TOEGANG = {
    "brp_token_url": "https://auth.brp.example/token",
    "brp_client_id": "klant",
    "brp_client_secret": "geheim",
    "brp_scope": "000008-00000001234567890000",
    "brp_resource_server": "ResourceServer01",
    "brp_certificaat": "/run/brp.pem",
    "brp_certificaatsleutel": "/run/brp.key",
}
PRODUCTIE = {
    "profiel": "productie",
    "brp_url": "https://brp.example/api/brp",
    "brp_update_url": "https://brp.example/api/brpupdate",
    "signaal_url": "https://signaal.example",
    "sleutel_bestand": "/run/sleutels.json",
    "oidc_issuer": "https://login.example",
    "client_secret": "x",
    "source": "urn:nld:oin:00000001234567890000:systeem:vir",
    **TOEGANG,
}


@pytest.mark.regel("D17")
@pytest.mark.parametrize("name", ["brp_url", "brp_update_url", *TOEGANG])
def test_production_does_not_start_without_what_lets_us_in_at_the_brp(name: str) -> None:
    assert Settings(**PRODUCTIE).brp_api_key.get_secret_value() == ""
    for without in ({name}, set(TOEGANG)):
        with pytest.raises(ValidationError, match=f"{name.upper()} is not set") as refused:
            Settings(**{each: value for each, value in PRODUCTIE.items() if each not in without | {name}})
        assert "geheim" not in str(refused.value)


@pytest.mark.regel("D17")
@pytest.mark.parametrize("name", ["brp_url", "brp_update_url", "brp_token_url"])
def test_production_asks_the_brp_nothing_in_the_clear(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name.upper()} is an address without TLS"):
        Settings(**PRODUCTIE | {name: "http://brp.example"})


@pytest.mark.parametrize("name", TOEGANG)
def test_half_of_what_lets_us_in_is_refused_everywhere(name: str) -> None:
    with pytest.raises(ValidationError, match="the rest of it is"):
        Settings(profiel="test", **{name: TOEGANG[name]} if name != "brp_scope" else {"brp_client_id": "x"})


@pytest.mark.parametrize("scope", ["000008", "000008-1", "-00000001234567890000", "a-00000001234567890000"])
def test_a_scope_is_the_indication_of_the_customer_and_his_oin(scope: str) -> None:
    with pytest.raises(ValidationError, match="brp_scope"):
        Settings(profiel="test", **TOEGANG | {"brp_scope": scope})


def test_what_a_gateway_wants_besides_is_told_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRP_HEADERS", '{"X-Gateway": "geheim"}')
    told = Settings(profiel="test").brp_headers
    assert {name: value.get_secret_value() for name, value in told.items()} == {"X-Gateway": "geheim"}
    assert "geheim" not in repr(told)
