"""Calls to another service, with this service's own identity (client credentials, D17)."""

import asyncio
import json as json_module
import time
from base64 import b64encode
from collections.abc import Mapping

from pydantic import SecretStr

from platformkit.errors import TransientError
from platformkit.http.auth import Principal
from platformkit.http.calls import Answer, Http, UnansweredError

_EARLY = 30.0


class ServiceClient:
    """An HTTP client for one other service. What is away or answers 5xx or 429 raises TransientError."""

    def __init__(self, client: Http, base_url: str, tokens: "ClientCredentials", *, seconds: float = 5.0) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._seconds = seconds

    async def request(
        self, method: str, path: str, *, json: object = None, on_behalf_of: Principal | None = None
    ) -> Answer:
        """The answer (2xx or 4xx), which the caller translates.

        Raises:
            TransientError: the other service is away, too slow or asks for patience.
        """
        asker = {"Namens": on_behalf_of.token} if on_behalf_of is not None else {}
        answer = await self._send(method, path, json, asker)
        if answer.status_code == 401:
            # The issuer may have new keys, so that our token says nothing any more: once more with a new one.
            self._tokens.forget()
            answer = await self._send(method, path, json, asker)
        if answer.status_code >= 500 or answer.status_code == 429:
            raise TransientError(_code(answer), retry_after=_retry_after(answer.headers))
        return answer

    async def _send(self, method: str, path: str, json: object, asker: Mapping[str, str]) -> Answer:
        headers = {"Authorization": f"Bearer {await self._tokens.token()}", **asker}
        content = b""
        if json is not None:
            headers["Content-Type"] = "application/json"
            content = json_module.dumps(json, separators=(",", ":")).encode()
        try:
            return await self._client.send(
                method, self._base_url + path, headers=headers, content=content, seconds=self._seconds
            )
        except UnansweredError:
            raise TransientError("tijdelijk-niet-beschikbaar") from None


class ClientCredentials:
    """The service's own access token, renewed before it expires."""

    def __init__(self, client: Http, issuer: str, client_id: str, secret: SecretStr) -> None:
        self._client = client
        self._issuer = issuer.rstrip("/")
        self._id = client_id
        self._secret = secret
        self._token = ""
        self._until = float("-inf")
        self._asking = asyncio.Lock()

    async def token(self) -> str:
        """A valid token.

        Raises:
            TransientError: the issuer cannot be reached or refuses.
        """
        async with self._asking:
            if time.monotonic() > self._until:
                try:
                    await self._ask()
                except (UnansweredError, KeyError, TypeError, ValueError):
                    raise TransientError("tijdelijk-niet-beschikbaar") from None
            return self._token

    def forget(self) -> None:
        """Ask for a new token at the next call."""
        self._until = float("-inf")

    async def _ask(self) -> None:
        found = await self._client.send("GET", f"{self._issuer}/.well-known/openid-configuration")
        basic = b64encode(f"{self._id}:{self._secret.get_secret_value()}".encode()).decode()
        answer = await self._client.send(
            "POST",
            str(found.given()["token_endpoint"]),
            headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
            content=b"grant_type=client_credentials",
        )
        given = answer.given()
        self._token = str(given["access_token"])
        self._until = time.monotonic() + float(given.get("expires_in", 60)) - _EARLY


def problem_code(answer: Answer) -> str:
    """The stable code in a problem+json answer, empty when it is none."""
    try:
        return str(answer.json().get("code", ""))
    except (ValueError, AttributeError):
        return ""


def _code(answer: Answer) -> str:
    return problem_code(answer) or "tijdelijk-niet-beschikbaar"


def _retry_after(headers: Mapping[str, str]) -> int:
    value = headers.get("retry-after", "5")
    return int(value) if value.isdecimal() else 5
