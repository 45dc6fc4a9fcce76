"""The issuer's keys: one that we do not know spoils no other, the last good set outlives what the issuer does, and nobody
can make us ask once per request (D17, trap 17).
"""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from platformkit.errors import DomainError, TransientError
from platformkit.http import issuer as module
from platformkit.http.auth import TokenVerifier
from platformkit.testing.issuer import ISSUER, Issuer


class Clock:
    """The time by which we ask."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.passed


class World(Issuer):
    """An issuer whose set of keys may be anything, and a verifier."""

    def __init__(self) -> None:
        super().__init__()
        self.jwks: httpx.Response | None = None
        self.beside: list[Any] = []
        self.verifier = TokenVerifier(ISSUER, "proef", self.http())

    def answer(self, request: httpx.Request) -> httpx.Response:
        answer = super().answer(request)
        if request.url.path != "/jwks":
            return answer
        if self.jwks is not None:
            return self.jwks
        return httpx.Response(200, json={"keys": [*self.beside, *answer.json()["keys"]]})

    async def believes(self, key: ECKey | None = None, **header: Any) -> bool:
        try:
            await self.verifier.verify(self.token(key, header, jti=str(time.perf_counter_ns())))
        except DomainError:
            return False
        return True


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=made.monotonic))
    return made


def _jwk(key: Any, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **more}


_EC = Issuer.new_key("b").as_dict(private=False)
_SMALL_RSA = {"kty": "RSA", "kid": "b", "e": "AQAB", "n": "1" + "A" * 85}
STRANGE = [
    {**_EC, "crv": "brainpoolP256r1"},
    {**_EC, "crv": "P-999"},
    {**_EC, "crv": ["P-256"]},
    {**_EC, "x": "AA"},
    {**_EC, "y": None},
    {"kty": "EC", "kid": "b"},
    _jwk(ECKey.generate_key("P-384", {"kid": "b"}, auto_kid=False)),
    _jwk(ECKey.generate_key("secp256k1", {"kid": "b"}, auto_kid=False)),
    _jwk(OKPKey.generate_key("Ed25519", {"kid": "b"}, auto_kid=False)),
    {"kty": "AKP", "alg": "ML-DSA-44", "kid": "b", "pub": "AA"},
    {"kty": ["EC"]},
    {"kty": "oct", "k": "Z2VoZWlt", "kid": "b"},
    {**_EC, "use": "enc"},
    {**_EC, "use": 7},
    {**_EC, "key_ops": ["sign"]},
    {**_EC, "key_ops": 7},
    {**_EC, "kid": 7},
    {**_EC, "kid": None},
    {**_EC, "alg": "ECDH-ES"},
    _SMALL_RSA,
    {"kty": "RSA", "kid": "b", "e": "AQAB", "n": "!"},
    {"kty": "RSA", "kid": "b", "e": "AQAB", "n": "/" * 16_000},
    {},
    [],
    None,
    7,
    "EC",
]


@pytest.mark.parametrize("strange", STRANGE, ids=lambda each: str(each)[:60])
async def test_a_key_that_is_not_for_us_spoils_no_other(world: World, clock: Clock, strange: Any) -> None:
    world.beside = [strange]
    assert await world.believes(), "at a cold start"
    clock.passed += 11
    world.keys = [Issuer.new_key("nieuw")]
    assert await world.believes(), "after a rotation"


async def test_keys_of_the_same_id_are_each_tried(world: World) -> None:
    world.beside = [_jwk(Issuer.new_key("a")), {**_EC, "kid": "a"}, _jwk(RSAKey.generate_key(2048, {"kid": "a"}))]
    assert await world.believes()
    assert not await world.believes(Issuer.new_key("a"))


async def test_a_key_and_a_token_without_id_find_each_other(world: World) -> None:
    private = world.keys[0].as_dict(private=True)
    public = world.keys[0].as_dict(private=False)
    del public["kid"]
    world.jwks = httpx.Response(200, json={"keys": [_EC, public]})
    assert await world.believes(kid=None)
    assert await world.believes(ECKey.import_key(private), kid="een-ander-id"), "a key without an id can be any"


async def test_a_key_signs_only_what_it_is_for(world: World) -> None:
    rsa = RSAKey.generate_key(2048, {"kid": "r"}, auto_kid=False)
    world.beside = [_jwk(rsa, alg="PS256")]
    assert not await world.believes(rsa, alg="RS256")  # type: ignore[arg-type]
    assert await world.believes(rsa, alg="PS256")  # type: ignore[arg-type]


BROKEN = [
    httpx.Response(500),
    httpx.Response(302, headers={"Location": "http://kwaad.example/jwks"}),
    httpx.Response(200, text="<html>onderhoud</html>"),
    httpx.Response(200, text=""),
    httpx.Response(200, text="[" * 100_000),
    httpx.Response(200, json=[]),
    httpx.Response(200, json={}),
    httpx.Response(200, json={"keys": None}),
    httpx.Response(200, json={"keys": {"a": 1}}),
    httpx.Response(200, json={"keys": []}),
    httpx.Response(200, json={"keys": [{"kty": "oct", "k": "Z2VoZWlt"}]}),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: f"{each.status_code} {each.text[:30]}")
async def test_the_last_good_set_stays_and_the_issuer_is_asked_again_in_time(
    world: World, clock: Clock, broken: httpx.Response, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await world.believes()
    world.jwks, old = broken, world.keys[0]
    clock.passed += 601
    assert await world.believes()
    assert await world.believes(Issuer.new_key("vreemd")) is False
    assert "issuer_keys_kept" in capsys.readouterr().out
    world.jwks, world.keys = None, [Issuer.new_key("nieuw")]
    clock.passed += 61
    assert await world.believes()
    assert not await world.believes(old), "withdrawn"


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: f"{each.status_code} {each.text[:30]}")
async def test_at_a_cold_start_it_is_an_outage_that_ends_by_itself(
    world: World, clock: Clock, broken: httpx.Response
) -> None:
    world.jwks = broken
    for _ in range(20):
        with pytest.raises(TransientError):
            await world.believes()
    assert world.asked == 2, "discovery and keys, once"
    world.jwks = None
    clock.passed += 1.1
    assert await world.believes()


async def test_what_was_good_is_not_good_for_ever(world: World, clock: Clock) -> None:
    """Withdrawn keys went on for ever in a peer whose issuer gave none any more (kgateway 7856)."""
    assert await world.believes()
    world.jwks = httpx.Response(200, json={"keys": []})
    clock.passed += 86_000
    assert await world.believes()
    clock.passed += 86_400
    with pytest.raises(TransientError):
        await world.believes()
    world.jwks = None
    clock.passed += 61
    assert await world.believes()


async def test_an_issuer_that_fails_is_asked_ever_less_often(world: World, clock: Clock) -> None:
    world.away = True
    asked = []
    for _ in range(600):
        clock.passed += 1
        before = world.asked
        with pytest.raises(TransientError):
            await world.believes()
        asked.append(world.asked - before)
    assert sum(asked) < 25
    assert sum(asked[-120:]) >= 2, "and never given up"


async def test_a_flood_of_unknown_keys_does_not_reach_the_issuer(world: World, clock: Clock) -> None:
    assert await world.believes()
    asked = world.asked
    clock.passed += 11
    strangers = [Issuer.new_key(str(number)) for number in range(20)]
    assert not any(await asyncio.gather(*(world.believes(key) for key in strangers)))
    assert world.asked == asked + 2
    assert not await world.believes(kid="a", alg="ES256", key=Issuer.new_key("a"))
    assert world.asked == asked + 2


async def test_a_key_that_was_replaced_under_its_id_is_found(world: World, clock: Clock) -> None:
    assert await world.believes()
    world.keys = [Issuer.new_key("a")]
    clock.passed += 11
    assert await world.believes()


async def test_a_slow_issuer_makes_nobody_wait_who_shows_a_known_key(world: World, clock: Clock) -> None:
    assert await world.believes()
    begun, go_on = asyncio.Event(), asyncio.Event()
    send = world.verifier._keys._client.send

    async def slow(*args: Any, **options: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await send(*args, **options)

    world.verifier._keys._client.send = slow  # type: ignore[method-assign]
    clock.passed += 601
    assert await world.believes()
    await begun.wait()
    assert await world.believes()
    # One request that waits for the answer is cut off: the others still get it.
    world.keys = [Issuer.new_key("nieuw")]
    impatient, patient = (asyncio.create_task(world.believes()) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    go_on.set()
    assert await patient


@pytest.mark.parametrize(
    "found",
    [
        {"issuer": "https://kwaad.example", "jwks_uri": "https://issuer.example/jwks"},
        {"issuer": "https://issuer.example", "jwks_uri": "http://issuer.example/jwks"},
        {"issuer": "https://issuer.example", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "https://issuer.example", "jwks_uri": 7},
        {"issuer": "https://issuer.example"},
        {"issuer": 7, "jwks_uri": "https://issuer.example/jwks"},
        [],
        None,
    ],
)
async def test_a_discovery_document_that_leads_astray_is_not_followed(world: World, found: Any) -> None:
    asked: list[str] = []

    class Astray(World):
        def answer(self, request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            return httpx.Response(200, json=found)

    with pytest.raises(TransientError):
        await TokenVerifier("https://issuer.example", "proef", Astray().http()).verify(world.token())
    assert asked == ["https://issuer.example/.well-known/openid-configuration"]
