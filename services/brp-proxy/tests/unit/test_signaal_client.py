"""Only a plain yes or no of signaal counts as an answer."""

from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from brp_proxy.adapters.http.signaal import SignaalClient
from platformkit.errors import TransientError, UnclearError
from platformkit.http.client import ClientCredentials, ServiceClient
from platformkit.http.namens import NamensSigner
from platformkit.testing import Pretended


def signaal(status: int, inhoud: object) -> SignaalClient:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/.well-known"):
            return httpx.Response(200, json={"issuer": "http://issuer", "token_endpoint": "http://issuer/token"})
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "t"})
        if isinstance(inhoud, str):
            return httpx.Response(status, text=inhoud)
        return httpx.Response(status, json=inhoud)

    http = Pretended(answer)
    tokens = ClientCredentials(http, "http://issuer", "brp-proxy", SecretStr("x"))
    return SignaalClient(ServiceClient(http, "http://signaal", tokens, NamensSigner("brp-proxy", None)))


@pytest.mark.parametrize(
    ("status", "inhoud", "gehoord"),
    [
        (200, {"bestaat": True}, True),
        (200, {"bestaat": False}, False),
        (200, {"bestaat": None}, None),
        (200, {"bestaat": 0}, None),
        (200, {}, None),
        (200, [], None),
        (200, "<html>", None),
        (204, "", None),
        (401, {"bestaat": False}, None),
        (404, {"bestaat": False}, None),
    ],
)
async def test_only_a_clear_answer_counts(status, inhoud, gehoord) -> None:
    if gehoord is None:
        with pytest.raises(UnclearError):
            await signaal(status, inhoud).bestaan(uuid4())
    else:
        assert await signaal(status, inhoud).bestaan(uuid4()) is gehoord


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_signaal_that_is_away_is_asked_again(status) -> None:
    with pytest.raises(TransientError) as away:
        await signaal(status, {"bestaat": False}).bestaan(uuid4())
    assert not isinstance(away.value, UnclearError)
