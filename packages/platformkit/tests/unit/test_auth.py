"""Bearer tokens: only what the issuer signed, for us, now; and what happens when the issuer is away (D17)."""

import base64
import json
import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from platformkit.errors import DomainError, TransientError
from platformkit.http import auth
from platformkit.http.auth import TokenVerifier
from platformkit.testing.issuer import ISSUER, Issuer


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def verifier(issuer: Issuer) -> TokenVerifier:
    return TokenVerifier(ISSUER, "verwijsindex", issuer.http())


async def test_the_claims_decide_who_asks(issuer: Issuer, verifier: TokenVerifier) -> None:
    organisation = "00000000-0000-4000-8000-000000000002"
    who = await verifier.verify(issuer.token(organisatie=organisation, gemeenten=["0392"], scope="a:b c:d"))
    assert (who.role, who.client, who.organisation) == ("professional", "proef", UUID(organisation))
    assert (who.scopes, who.tenants) == ({"a:b", "c:d"}, {"0392"})
    assert not hasattr(who, "token")
    assert who.subject not in repr(who)
    assert organisation not in repr(who)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "iets-anders"},
        {"aud": None},
        {"iss": "http://kwaad.example"},
        {"iss": None},
        {"sub": None},
        {"exp": None},
        {"exp": "morgen"},
        {"nbf": int(time.time()) + 3600},
        {"organisatie": "geen-uuid"},
        {"organisatie": 7},
        {"gemeenten": "0392"},
        {"gemeenten": ["0392,0394"]},
        {"gemeenten": [392]},
        {"gemeenten": {"0392": 1}},
    ],
)
async def test_other_claims_are_refused(issuer: Issuer, verifier: TokenVerifier, claims: dict[str, object]) -> None:
    with pytest.raises(DomainError, match="niet-ingelogd"):
        await verifier.verify(issuer.token(**claims))


async def test_an_expired_token_says_so(issuer: Issuer, verifier: TokenVerifier) -> None:
    with pytest.raises(DomainError, match="sessie-verlopen"):
        await verifier.verify(issuer.token(exp=int(time.time()) - 60))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_a_token_that_nobody_signed_is_refused(issuer: Issuer, verifier: TokenVerifier) -> None:
    _, claims, signature = issuer.token().split(".")
    public = issuer.keys[0].as_dict(private=False)
    forged = [
        f"{_part({'alg': 'none'})}.{claims}.",
        f"{_part({'alg': 'none', 'kid': 'a'})}.{claims}.{signature}",
        f"{_part({'alg': 'ES256', 'kid': 'a'})}.{_part({'sub': 'x'})}.{signature}",
        jwt.encode({"alg": "HS256", "kid": "a"}, {"sub": "x"}, OctKey.import_key(json.dumps(public))),
        issuer.token(key=Issuer.new_key("a")),
        issuer.token(key=Issuer.new_key("onbekend")),
        jwt.encode({"alg": "RS256", "kid": "a"}, {"sub": "x"}, RSAKey.generate_key(2048, auto_kid=False)),
    ]
    for token in forged:
        with pytest.raises(DomainError, match="niet-ingelogd"):
            await verifier.verify(token)


@given(st.one_of(st.text(max_size=60), st.from_regex(r"[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}", fullmatch=True)))
async def test_whatever_is_sent_as_a_token_is_refused_not_a_crash(token: str) -> None:
    issuer = Issuer()
    with pytest.raises(DomainError, match="niet-ingelogd"):
        await TokenVerifier(ISSUER, "verwijsindex", issuer.http()).verify(token)


async def test_a_shared_secret_among_the_keys_signs_nothing(issuer: Issuer, verifier: TokenVerifier) -> None:
    secret = OctKey.import_key("geheim" * 8, {"kid": "oct"})
    issuer.keys.append(secret)  # type: ignore[arg-type]
    with pytest.raises(DomainError, match="niet-ingelogd"):
        await verifier.verify(issuer.token(key=secret, header={"alg": "HS256"}))  # type: ignore[arg-type]


async def test_a_token_is_checked_once_a_minute(issuer: Issuer, verifier: TokenVerifier) -> None:
    token = issuer.token()
    first = await verifier.verify(token)
    issuer.away = True
    assert await verifier.verify(token) is first


async def test_a_cached_token_still_expires(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, now = issuer.token(exp=int(time.time()) + 5), time.time()
    await verifier.verify(token)
    monkeypatch.setattr(auth.time, "time", lambda: now + 30)
    with pytest.raises(DomainError, match="sessie-verlopen"):
        await verifier.verify(token)


async def test_a_rotated_key_is_found_and_strangers_do_not_make_us_ask(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verifier.verify(issuer.token())
    asked = issuer.asked
    for kid in "xyz":
        with pytest.raises(DomainError):
            await verifier.verify(issuer.token(key=Issuer.new_key(kid)))
    assert issuer.asked == asked
    monkeypatch.setattr(auth, "_KEYS_MIN_AGE", 0.0)
    issuer.keys = [Issuer.new_key("nieuw")]
    assert await verifier.verify(issuer.token())


async def test_a_withdrawn_key_is_forgotten(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verifier.verify(issuer.token())
    old = issuer.keys[0]
    issuer.keys = [Issuer.new_key("nieuw")]
    monkeypatch.setattr(auth, "_KEYS_MAX_AGE", 0.0)
    with pytest.raises(DomainError):
        await verifier.verify(issuer.token(key=old, jti="anders"))


async def test_an_issuer_that_is_away_is_an_outage_at_first_only(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer.away = True
    with pytest.raises(TransientError):
        await verifier.verify(issuer.token())
    issuer.away = False
    await verifier.verify(issuer.token())
    issuer.away = True
    monkeypatch.setattr(auth, "_KEYS_MAX_AGE", 0.0)
    assert await verifier.verify(issuer.token(jti="nieuw"))


async def test_discovery_that_speaks_for_another_is_not_believed(issuer: Issuer, verifier: TokenVerifier) -> None:
    issuer.claims_to_be = "http://kwaad.example"
    with pytest.raises(TransientError):
        await verifier.verify(issuer.token())
