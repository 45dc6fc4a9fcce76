"""Bearer tokens: only what the issuer signed, for us, now; and what happens when the issuer is away (D17)."""

import base64
import json
import time
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import OctKey, RSAKey

from platformkit.errors import DomainError
from platformkit.http import auth
from platformkit.http import signed as module
from platformkit.http.auth import TokenVerifier
from platformkit.logging import Seldom
from platformkit.testing.issuer import ISSUER, Issuer


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def verifier(issuer: Issuer) -> TokenVerifier:
    return TokenVerifier(ISSUER, "proef", issuer.http())


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
        {"iss": "http://kwaad.example"},
        {"nbf": int(time.time()) + 3600},
    ],
)
async def test_other_claims_are_refused(issuer: Issuer, verifier: TokenVerifier, claims: dict[str, object]) -> None:
    with pytest.raises(DomainError, match="niet-ingelogd"):
        await verifier.verify(issuer.token(**claims))


@pytest.mark.parametrize("told", [ISSUER, f"{ISSUER}/"])
@pytest.mark.parametrize("set_to", [ISSUER, f"{ISSUER}/"])
async def test_an_issuer_is_the_same_with_a_slash_behind_it(issuer: Issuer, told: str, set_to: str) -> None:
    """As Authentik writes itself (OmniRoute 14119)."""
    issuer.claims_to_be = told
    assert (await TokenVerifier(set_to, "proef", issuer.http()).verify(issuer.token(iss=told))).issuer == ISSUER


@pytest.mark.parametrize(
    ("claims", "client"),
    [
        ({"client_id": None, "azp": "signaal"}, "signaal"),
        ({"client_id": "match", "azp": "signaal"}, "match"),
        ({"client_id": None}, ""),
    ],
)
async def test_the_client_is_known_in_the_tokens_of_keycloak(
    issuer: Issuer, verifier: TokenVerifier, claims: dict[str, str | None], client: str
) -> None:
    """Those of people have `azp` alone (fastapi-keycloak-middleware 17)."""
    assert (await verifier.verify(issuer.token(**claims))).client == client


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
        await TokenVerifier(ISSUER, "proef", issuer.http()).verify(token)


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


def _header(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


HEADERS = [
    b'["alg"]',
    b"7",
    b"null",
    b'"ES256"',
    b"{}",
    b"{",
    b"\xff\xfe",
    b'{"alg": 7}',
    b'{"alg": null}',
    b'{"alg": ["ES256"]}',
    b'{"alg": {"ES256": 1}}',
    b'{"alg": "none"}',
    b'{"alg": "NoNe", "kid": "a"}',
    b'{"alg": "HS256", "kid": "a"}',
    b'{"alg": "ES256", "kid": ["a"]}',
    b'{"alg": "ES256", "kid": 7}',
    b'{"alg": "ES256", "kid": {"a": "a"}}',
    b'{"alg": "ES256", "kid": "../../../../etc/passwd"}',
    b'{"alg": "ES256", "kid": "a\\u0000"}',
    b'{"alg": "ES256", "kid": "a", "crit": ["exp"]}',
    b'{"alg": "ES256", "kid": "a", "crit": []}',
    b'{"alg": "ES256", "kid": "a", "crit": "b64", "b64": false}',
    b'{"alg": "ES256", "kid": "a", "b64": false}',
    b'{"alg": "ES256", "kid": "a", "zip": "DEF"}',
    b'{"alg": "ES256", "kid": "a", "typ": 7}',
    b'{"alg": "RSA-OAEP", "enc": "A256GCM"}',
    b'{"alg": "ES256", "alg": "none"}',
    b"[" * 9_000,
    b'{"alg":' * 1_500,
    b'{"alg": ' + b"9" * 5_000 + b"}",
]


@pytest.mark.parametrize("header", HEADERS, ids=lambda each: each[:40].decode("latin-1"))
async def test_a_header_of_any_form_is_refused_not_a_crash(
    issuer: Issuer, verifier: TokenVerifier, header: bytes
) -> None:
    _, claims, signature = issuer.token().split(".")
    for token in (f"{_header(header)}.e30.xx", f"{_header(header)}.{claims}.{signature}", f"{_header(header)}"):
        with pytest.raises(DomainError, match="niet-ingelogd"):
            await verifier.verify(token)


@pytest.mark.parametrize(
    "token",
    [
        "WyJhbGciXQ.e30.xx",
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c.d.e",
        "\xe9.\xe9.\xe9",
        "é" * 20,
        "a" * 1_000_000,
        "." * 10_000,
        "eyJhbGciOiJFUzI1NiJ9.e30.",
    ],
    ids=lambda each: each[:30],
)
async def test_what_is_no_token_is_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(DomainError, match="niet-ingelogd"):
        await verifier.verify(token)


async def test_a_good_token_that_was_cut_or_lengthened_is_refused(issuer: Issuer, verifier: TokenVerifier) -> None:
    token = issuer.token()
    for each in (token[:-2], f"{token}.x.y", f"{token} {token}", token.replace(".", ".A", 1), token.rpartition(".")[0]):
        with pytest.raises(DomainError, match="niet-ingelogd"):
            await verifier.verify(each)


async def test_a_key_that_a_token_brings_or_points_at_is_not_believed(issuer: Issuer, verifier: TokenVerifier) -> None:
    await verifier.verify(issuer.token())
    own = Issuer.new_key("a")
    asked = issuer.asked
    for header in (
        {"jwk": own.as_dict(private=False)},
        {"jku": "http://kwaad.example/jwks"},
        {"x5u": "http://kwaad.example/x5u"},
        {"x5c": ["AAAA"]},
    ):
        with pytest.raises(DomainError, match="niet-ingelogd"):
            await verifier.verify(issuer.token(own, header))
        assert await verifier.verify(issuer.token(header=header)), "and spoils no token of the issuer"
    assert issuer.asked == asked


ODD: dict[str, list[Any]] = {
    "exp": ["morgen", "9999999999", None, [1], {}, True, -1, 10**400, 1e300],
    "nbf": ["1", [1], {}, True, 10**400, "straks"],
    "iat": ["1", [1], {}, True, 10**400],
    "aud": [7, None, {}, {"proef": 1}, [], ["x"], ["proef", 7], [["proef"]], "", "proe"],
    "iss": [7, None, {}, [ISSUER], "", ISSUER + "/x", ISSUER.upper()],
    "sub": [7, None, {}, ["x"], "", "x" * 256],
    "scope": [7, {}, ["signalen:lezen"], True],
    "rol": [7, {}, ["professional"], True],
    "client_id": [7, {}, ["signaal"], True],
    "azp": [7, {}, ["signaal"], True],
    "organisatie": ["geen-uuid", 7, [], {}, ""],
    "gemeenten": ["0392", ["0392,0394"], [392], {"0392": 1}, ["0392\n"], [["0392"]], ["\u0660\u0663\u0669\u0662"]],
}


@pytest.mark.parametrize(("claim", "value"), [(claim, value) for claim, values in ODD.items() for value in values])
async def test_a_claim_of_another_form_is_refused_not_a_crash(
    issuer: Issuer, verifier: TokenVerifier, claim: str, value: Any
) -> None:
    with pytest.raises(DomainError, match="niet-ingelogd"):
        await verifier.verify(issuer.token(**{claim: value}))


def _signed(issuer: Issuer, payload: str) -> str:
    key = issuer.keys[0]
    return jws.serialize_compact({"alg": "ES256", "kid": key.kid}, payload, key, algorithms=["ES256"])


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "[]",
        "7",
        "null",
        '"x"',
        "{",
        "[" * 5_000,
        '{"exp": NaN}',
        '{"exp": Infinity}',
        '{"exp": 1e999}',
        "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
    ids=lambda each: each[:20],
)
async def test_what_the_issuer_signed_and_is_no_set_of_claims_is_refused(
    issuer: Issuer, verifier: TokenVerifier, payload: str
) -> None:
    with pytest.raises(DomainError, match="niet-ingelogd"):
        await verifier.verify(_signed(issuer, payload))


async def test_a_claim_that_stands_twice_has_one_meaning(issuer: Issuer, verifier: TokenVerifier) -> None:
    """The last one counts (RFC 7519, section 4), for every check alike."""
    claims = json.dumps({"iss": ISSUER, "sub": "a", "aud": "proef", "exp": time.time() + 60, "rol": "professional"})[
        :-1
    ]
    assert (await verifier.verify(_signed(issuer, claims + ', "sub": "b"}'))).subject == "b"
    for last in ('"aud": "x"', '"exp": 1', '"iss": "x"'):
        with pytest.raises(DomainError):
            await verifier.verify(_signed(issuer, f"{claims}, {last}}}"))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3),
    max_leaves=8,
)


@given(claims=st.dictionaries(st.sampled_from(sorted(ODD)), _JSON, min_size=1, max_size=4))
async def test_whatever_the_issuer_says_is_believed_or_refused(claims: dict[str, Any]) -> None:
    issuer = Issuer()
    verifier = TokenVerifier(ISSUER, "proef", issuer.http())
    with suppress(DomainError):
        await verifier.verify(issuer.token(**claims))


@given(header=_JSON | st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "b64"]), _JSON | st.just("ES256")))
async def test_whatever_a_stranger_says_of_his_token_is_refused(header: Any) -> None:
    with pytest.raises(DomainError, match="niet-ingelogd"):
        await TokenVerifier(ISSUER, "proef", Issuer().http()).verify(f"{_part(header)}.e30.xx")


@pytest.mark.parametrize("ahead", [0, 6, 29, -3600])
async def test_the_issuers_clock_may_be_ahead(issuer: Issuer, verifier: TokenVerifier, ahead: int) -> None:
    now = int(time.time()) + ahead
    assert await verifier.verify(issuer.token(iat=now, nbf=now))


async def test_when_a_token_was_made_refuses_nothing(issuer: Issuer, verifier: TokenVerifier) -> None:
    assert await verifier.verify(issuer.token(iat=int(time.time()) + 86_400))


async def test_a_token_from_far_ahead_is_refused(issuer: Issuer, verifier: TokenVerifier) -> None:
    with pytest.raises(DomainError, match="niet-ingelogd"):
        await verifier.verify(issuer.token(nbf=int(time.time()) + 60))


RULES: dict[str, Callable[[Issuer], str]] = {
    "too-long": lambda _: "a" * 20_000,
    "unreadable": lambda _: "WyJhbGciXQ.e30.xx",
    "algorithm": lambda _: f"{_part({'alg': 'none'})}.e30.",
    "signature": lambda issuer: issuer.token(Issuer.new_key("a")),
    "claims": lambda issuer: issuer.token(sub=None),
    "issuer": lambda issuer: issuer.token(iss="http://kwaad.example"),
    "audience": lambda issuer: issuer.token(aud="een-ander"),
    "expired": lambda issuer: issuer.token(exp=int(time.time()) - 60),
    "early": lambda issuer: issuer.token(nbf=int(time.time()) + 60),
}


@pytest.mark.parametrize("rule", RULES)
async def test_every_refusal_leaves_a_line_that_says_which_rule(
    issuer: Issuer,
    verifier: TokenVerifier,
    rule: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_seldom", Seldom())
    counted: list[dict[str, str]] = []
    monkeypatch.setattr(module, "_refused", SimpleNamespace(add=lambda _, attributes: counted.append(attributes)))
    token = RULES[rule](issuer)
    for _ in range(50):
        with pytest.raises(DomainError):
            await verifier.verify(token)
    said = [line for line in capsys.readouterr().out.splitlines() if "identity_refused" in line]
    assert len(said) == 1, "once in a while, however many"
    assert f"rule={rule}" in said[0]
    assert counted == [{"rule": rule}] * 50
    assert not any(part and part in said[0] for part in token.split("."))
