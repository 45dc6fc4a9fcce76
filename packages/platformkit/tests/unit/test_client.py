"""Calls to another service: own identity, who asked as a signed fact, and outages told apart from answers (D17)."""

import asyncio
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, quote, unquote_plus
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, Depends
from pydantic import SecretStr

from contracts.http.base import Antwoord, Call, Vraag
from lokaal.sleutels import make_namens
from platformkit.errors import DomainError, TransientError, UnclearError
from platformkit.health import Heartbeat
from platformkit.http import auth
from platformkit.http.app import create_app
from platformkit.http.auth import TokenVerifier, asking, require
from platformkit.http.calls import Answer
from platformkit.http.client import ClientCredentials, ServiceClient, problem_code
from platformkit.http.namens import NamensReader, NamensSigner
from platformkit.identity import Principal
from platformkit.testing import Issuer, Pretended
from platformkit.testing import issuer as testing_issuer

ISSUER, OTHER = "http://issuer.example", "http://ander.example"


class Vraagje(Vraag):
    wie_dan: UUID


class Antwoordje(Antwoord):
    hoe_veel: int = 0


MAKEN = Call("ander", "POST", "/x", "x:maken", Antwoordje, (Vraagje,), refusals=frozenset({"mag-niet"}))
NAMENS = Call("ander", "POST", "/x", "x:maken", Antwoordje, (Vraagje,), namens=True)
LEZEN = Call("ander", "GET", "/x/{wieDan}/y", "x:lezen", Antwoordje)


class World:
    """An issuer that hands out token 1, 2, ... and another service."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response], lasts: int = 300) -> None:
        self.answer, self.lasts = answer, lasts
        self.key: Path | None = None
        self.tokens = 0
        self.scopes: list[str] = []
        self.asked: list[httpx.Request] = []
        self.issuer_away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "ander.example":
            self.asked.append(request)
            return self.answer(request)
        if self.issuer_away:
            raise httpx.ConnectTimeout("")
        if request.url.path == "/token":
            assert request.headers["authorization"].startswith("Basic ")
            self.scopes.append(dict(parse_qsl(request.content.decode()))["scope"])
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"token-{self.tokens}", "expires_in": self.lasts})
        return httpx.Response(200, json={"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"})

    def client(self) -> ServiceClient:
        http = Pretended(self)
        tokens = ClientCredentials(http, ISSUER, "proef", SecretStr("geheim"))
        return ServiceClient(http, OTHER, tokens, NamensSigner("proef", self.key))


def good(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={})


@pytest.fixture
def user() -> Iterator[Principal]:
    """Whose request is being answered."""
    who = Principal("http://issuer.example", "piet", "portaal", "professional", frozenset(), None, frozenset())
    reset = auth._asking.set(who)
    yield who
    auth._asking.reset(reset)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Where the keys lie of who signs who asks."""
    make_namens(tmp_path, ["proef"])
    return tmp_path


def told(keys: Path, request: httpx.Request) -> Principal:
    """Who asks, as the other service reads it."""
    reader = NamensReader("ander", keys / "sleutels.json")
    return reader.read(request.headers["namens"], "proef", f"{request.method} {request.url.path}")


async def test_question_and_answer_are_the_contracts() -> None:
    world = World(lambda _request: httpx.Response(200, json={"hoeVeel": 3, "nieuw": "en onbekend"}))
    client, who = world.client(), uuid4()
    assert await client.ask(MAKEN, Vraagje(wie_dan=who)) == Antwoordje(hoe_veel=3)
    assert await client.ask(LEZEN, wieDan=who) == Antwoordje(hoe_veel=3)
    made, read = world.asked
    assert (made.method, str(made.url), made.content) == ("POST", f"{OTHER}/v1/x", f'{{"wieDan":"{who}"}}'.encode())
    assert made.headers["content-type"] == "application/json"
    assert (read.method, str(read.url), read.content) == ("GET", f"{OTHER}/v1/x/{who}/y", b"")
    assert "content-type" not in read.headers


async def test_own_token_is_kept_and_who_asks_goes_along(user: Principal, keys: Path) -> None:
    world = World(good)
    world.key = keys / "proef.pem"
    client = world.client()
    await client.ask(NAMENS, Vraagje(wie_dan=uuid4()))
    await client.ask(LEZEN, wieDan=uuid4())
    await client.ask(LEZEN, wieDan=uuid4())
    assert [request.headers["authorization"] for request in world.asked] == [
        "Bearer token-1",
        "Bearer token-2",
        "Bearer token-2",
    ]
    assert world.scopes == [NAMENS.scope, LEZEN.scope], "a token is for one scope, and so for one API"
    first, *others = world.asked
    assert (told(keys, first).actor, told(keys, first).role) == (user.actor, "professional")
    assert not any("namens" in request.headers for request in others)


async def test_without_a_key_nothing_is_asked_in_the_name_of_a_user(user: Principal) -> None:
    world = World(good)
    with pytest.raises(ValueError, match="NAMENS_SLEUTEL"):
        await world.client().ask(NAMENS, Vraagje(wie_dan=uuid4()))
    assert world.asked == []


@pytest.mark.parametrize("value", ["a/b", "../z", "x?y=1", "a b", "%2e", "{c}", "é", "#"])
async def test_a_place_in_a_path_is_one_step_of_it(value: str) -> None:
    world = World(good)
    await world.client().ask(LEZEN, wieDan=value)
    asked = world.asked[0].url.raw_path.decode()
    assert asked == f"/v1/x/{quote(value, safe='')}/y"


async def test_in_the_name_of_nobody_nothing_is_asked() -> None:
    world = World(good)
    with pytest.raises(LookupError):
        await world.client().ask(NAMENS, Vraagje(wie_dan=uuid4()))
    assert world.asked == []


async def test_the_user_is_the_one_whose_request_is_answered(keys: Path) -> None:
    """Two, and one whose token is refused: nobody's request goes on in another's name, and no token goes on at all."""
    world, issuer = World(good), Issuer()
    world.key = keys / "proef.pem"
    client, router = world.client(), APIRouter()

    @router.post("/dingen")
    async def post(_asker: Annotated[Principal, Depends(require("signalen:lezen"))]) -> str:
        await client.ask(NAMENS, Vraagje(wie_dan=uuid4()))
        return asking().subject

    app = create_app(
        title="Proef",
        description="Proef",
        routers=[router],
        problems={},
        verifier=TokenVerifier(testing_issuer.ISSUER, "proef", issuer.http()),
        namens=NamensReader("proef", None),
        heartbeat=Heartbeat(None),
        checks={},
    )
    tokens = {each: issuer.token(sub=each, exp=int(time.time()) + 1) for each in ("anna", "bert")}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://proef") as people:
        for who, token in tokens.items():
            answer = await people.post("/v1/dingen", headers={"Authorization": f"Bearer {token}"})
            assert answer.json() == who
        refused = {"Authorization": f"Bearer {issuer.token(scope='signalen:afgeven')}"}
        assert (await people.post("/v1/dingen", headers=refused)).status_code == 403
    assert [told(keys, request).subject for request in world.asked] == list(tokens)
    assert not any(token in str(request.headers) for token in tokens.values() for request in world.asked)


async def test_a_token_that_runs_out_is_renewed_in_time() -> None:
    world = World(good, lasts=20)  # less than the margin
    client = world.client()
    for _ in range(2):
        await client.ask(LEZEN, wieDan=1)
    assert world.tokens == 2


async def test_a_token_that_is_refused_is_renewed_once() -> None:
    def strict(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.headers["authorization"] == "Bearer token-2" else 401, json={})

    world = World(strict)
    assert await world.client().ask(LEZEN, wieDan=1) == Antwoordje()
    world = World(lambda _request: httpx.Response(401))
    with pytest.raises(UnclearError):
        await world.client().ask(LEZEN, wieDan=1)
    assert len(world.asked) == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_what_is_not_an_answer_is_an_outage(status: int) -> None:
    body = {"code": "brp-niet-beschikbaar"}
    world = World(lambda _request: httpx.Response(status, json=body, headers={"Retry-After": "30"}))
    with pytest.raises(TransientError) as away:
        await world.client().ask(LEZEN, wieDan=1)
    assert (away.value.code, away.value.retry_after) == ("brp-niet-beschikbaar", 30)
    assert not isinstance(away.value, UnclearError)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
async def test_a_refusal_of_the_contract_is_the_callers(status: int) -> None:
    world = World(lambda _request: httpx.Response(status, json={"code": "mag-niet"}))
    with pytest.raises(DomainError) as refused:
        await world.client().ask(MAKEN, Vraagje(wie_dan=uuid4()))
    assert refused.value.code == "mag-niet"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"[]"),
        (200, b"999993653"),
        (200, b'{"hoeVeel": "999993653"'),
        (200, b'{"hoeVeel": "Jan"}'),
        (204, b""),
        (302, b""),
        (400, b'{"code": "ongeldige-invoer"}'),
        (403, b'{"code": "geen-toegang"}'),
        (404, b"<html>999993653</html>"),
        (409, b'{"code": ["mag-niet"]}'),
    ],
)
async def test_what_was_not_agreed_is_an_outage_for_whoever_asks_and_told(
    status: int, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(lambda _request: httpx.Response(status, content=body))
    with pytest.raises(UnclearError) as unclear:
        await world.client().ask(MAKEN, Vraagje(wie_dan=uuid4()))
    assert isinstance(unclear.value, TransientError)
    assert (unclear.value.code, unclear.value.retry_after) == ("tijdelijk-niet-beschikbaar", 30)
    said = capsys.readouterr().out
    assert said.count("answer_not_understood") == 1
    assert "service=ander" in said
    assert f"status={status}" in said
    assert "999993653" not in said


async def test_silence_is_an_outage() -> None:
    def silent(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    with pytest.raises(TransientError):
        await World(silent).client().ask(LEZEN, wieDan=1)
    world = World(good)
    world.issuer_away = True
    with pytest.raises(TransientError):
        await world.client().ask(LEZEN, wieDan=1)


@pytest.mark.parametrize("place", ["", ".", ".."])
async def test_what_is_no_segment_of_a_path_is_not_asked(place: str) -> None:
    world = World(good)
    with pytest.raises(ValueError, match="segment"):
        await world.client().ask(LEZEN, wieDan=place)
    assert world.asked == []


@pytest.mark.parametrize(("body", "code"), [(b'{"code": "x"}', "x"), (b"{}", ""), (b"[]", ""), (b"<html>", "")])
def test_the_code_of_a_problem(body: bytes, code: str) -> None:
    assert problem_code(Answer(409, {}, body)) == code


@pytest.mark.parametrize("secret", ["geheim", "a+b%41", "a:b c", "é&=/", "%"])
async def test_the_secret_is_form_encoded_before_it_is_told(secret: str) -> None:
    told: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            told.append(b64decode(request.headers["authorization"].removeprefix("Basic ")).decode())
            return httpx.Response(200, json={"access_token": "x"})
        return httpx.Response(200, json={"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"})

    await ClientCredentials(Pretended(answer), ISSUER, "proef:1", SecretStr(secret)).token("x")
    name, _, encoded = told[0].partition(":")
    assert (unquote_plus(name), unquote_plus(encoded)) == ("proef:1", secret)


async def test_who_asks_at_the_same_time_shares_one_token() -> None:
    world = World(good)
    client = world.client()
    await asyncio.gather(*(client.ask(LEZEN, wieDan=1) for _ in range(20)))
    assert world.tokens == 1
