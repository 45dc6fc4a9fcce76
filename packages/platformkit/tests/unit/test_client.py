"""Calls to another service: own identity, who asked as a signed fact, and outages told apart from answers (D17)."""

from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from lokaal.testing import Pretended
from platformkit.errors import TransientError
from platformkit.http.auth import Principal
from platformkit.http.calls import Answer
from platformkit.http.client import ClientCredentials, ServiceClient, problem_code

ISSUER, OTHER = "http://issuer.example", "http://ander.example"


class World:
    """An issuer that hands out token 1, 2, ... and another service."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response], lasts: int = 300) -> None:
        self.answer, self.lasts = answer, lasts
        self.tokens = 0
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
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"token-{self.tokens}", "expires_in": self.lasts})
        return httpx.Response(200, json={"token_endpoint": f"{ISSUER}/token"})

    def client(self) -> ServiceClient:
        http = Pretended(self)
        return ServiceClient(http, OTHER, ClientCredentials(http, ISSUER, "proef", SecretStr("geheim")))


def good(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={})


async def test_own_token_is_kept_and_the_user_goes_along() -> None:
    world = World(good)
    client = world.client()
    user = Principal(ISSUER, "s", "c", "professional", frozenset(), None, frozenset(), "token-van-de-gebruiker")
    await client.request("POST", "/v1/x", json={"a": 1}, on_behalf_of=user)
    await client.request("GET", "/v1/x")
    assert [request.headers["authorization"] for request in world.asked] == ["Bearer token-1"] * 2
    assert [request.headers.get("namens") for request in world.asked] == ["token-van-de-gebruiker", None]


async def test_a_token_that_runs_out_is_renewed_in_time() -> None:
    world = World(good, lasts=20)  # less than the margin
    client = world.client()
    for _ in range(2):
        await client.request("GET", "/v1/x")
    assert world.tokens == 2


async def test_a_token_that_is_refused_is_renewed_once() -> None:
    def strict(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.headers["authorization"] == "Bearer token-2" else 401)

    world = World(strict)
    assert (await world.client().request("GET", "/v1/x")).status_code == 200
    world = World(lambda _request: httpx.Response(401))
    assert (await world.client().request("GET", "/v1/x")).status_code == 401
    assert len(world.asked) == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_what_is_not_an_answer_is_an_outage(status: int) -> None:
    body = {"code": "brp-niet-beschikbaar"}
    world = World(lambda _request: httpx.Response(status, json=body, headers={"Retry-After": "30"}))
    with pytest.raises(TransientError) as away:
        await world.client().request("GET", "/v1/x")
    assert (away.value.code, away.value.retry_after) == ("brp-niet-beschikbaar", 30)


@pytest.mark.parametrize("status", [200, 204, 400, 403, 404, 409, 422])
async def test_what_is_an_answer_is_the_callers(status: int) -> None:
    world = World(lambda _request: httpx.Response(status))
    assert (await world.client().request("GET", "/v1/x")).status_code == status


async def test_silence_is_an_outage() -> None:
    def silent(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    with pytest.raises(TransientError):
        await World(silent).client().request("GET", "/v1/x")
    world = World(good)
    world.issuer_away = True
    with pytest.raises(TransientError):
        await world.client().request("GET", "/v1/x")


@pytest.mark.parametrize(("body", "code"), [(b'{"code": "x"}', "x"), (b"{}", ""), (b"[]", ""), (b"<html>", "")])
def test_the_code_of_a_problem(body: bytes, code: str) -> None:
    assert problem_code(Answer(409, {}, body)) == code
