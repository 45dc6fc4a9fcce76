"""Calls to another service, with this service's own identity (client credentials, D17)."""

import asyncio
import time
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote, quote_plus, unquote, urlencode

from pydantic import SecretStr, ValidationError

from contracts.http.base import Antwoord, Call, Vraag
from platformkit.errors import DomainError, TransientError, UnclearError
from platformkit.http.auth import asking
from platformkit.http.calls import Answer, Http, UnansweredError
from platformkit.http.issuer import endpoint
from platformkit.http.namens import NamensSigner
from platformkit.logging import get_logger

_PREFIX = "/v1"
_EARLY = 30.0
_UNCLEAR_SECONDS = 30
A = TypeVar("A", bound=Antwoord)
log = get_logger()


class ServiceClient:
    """Asks one other service what the contracts say that it answers. `seconds` is for each try of a call."""

    def __init__(
        self, client: Http, base_url: str, tokens: "ClientCredentials", signer: NamensSigner, *, seconds: float = 5.0
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._signer = signer
        self._seconds = seconds

    async def ask(self, call: Call[A], question: Vraag | None = None, **place: object) -> A:
        """The answer to `call`, with `place` in its path; in the name of the user whose request is answered if it says so.

        Raises:
            DomainError: one of the call's refusals.
            TransientError: the other service is away, too slow or asks for patience.
            UnclearError: it answered something else than was agreed.
            LookupError: there is no such user.
        """
        path = _PREFIX + _placed(call.path, place)
        # What is signed is what the path says: on its way it may be written with more or fewer characters as `%..`.
        doel = f"{call.method} {unquote(path)}"
        asker = {"Namens": self._signer.fact(asking(), call.service, doel)} if call.namens else {}
        answer = await self._send(call, path, question, asker)
        if answer.status_code == 401:
            # The issuer may have new keys, so that our token says nothing any more: once more with a new one.
            self._tokens.forget(call.scope)
            answer = await self._send(call, path, question, asker)
        if answer.status_code >= 500 or answer.status_code == 429:
            raise TransientError(_code(answer), retry_after=_retry_after(answer.headers))
        return _understood(call, answer)

    async def _send(self, call: Call[A], path: str, question: Vraag | None, asker: Mapping[str, str]) -> Answer:
        headers = {"Authorization": f"Bearer {await self._tokens.token(call.scope)}", **asker}
        content = b""
        if question is not None:
            headers["Content-Type"] = "application/json"
            content = question.model_dump_json(by_alias=True).encode()
        try:
            return await self._client.send(
                call.method,
                self._base_url + path,
                headers=headers,
                content=content,
                seconds=self._seconds,
                template=_PREFIX + call.path,
            )
        except UnansweredError:
            raise TransientError("tijdelijk-niet-beschikbaar") from None


def _placed(path: str, place: Mapping[str, object]) -> str:
    """`path` with what is asked for in its places, each as one segment and nothing else.

    Raises:
        ValueError: it is empty or only dots, which say another path however they are written.
    """
    texts = {name: str(value) for name, value in place.items()}
    if any(not text.strip(".") for text in texts.values()):
        raise ValueError("no segment of a path")
    return path.format_map({name: quote(text, safe="") for name, text in texts.items()})


def _understood(call: Call[A], answer: Answer) -> A:
    if answer.is_success:
        try:
            return call.answer.model_validate_json(answer.content)
        except ValidationError:
            pass
    elif (code := problem_code(answer)) in call.refusals:
        raise DomainError(code)
    log.error("answer_not_understood", service=call.service, status=answer.status_code)
    raise UnclearError("tijdelijk-niet-beschikbaar", retry_after=_UNCLEAR_SECONDS)


class Tokens(ABC):
    """Access tokens of our own (client credentials), one per scope, each renewed before it expires, one at a time.

    One for all scopes would be good at every API at once: the issuer puts the API of a scope in its token as the audience.
    """

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[str, float]] = {}
        self._asking = asyncio.Lock()

    async def token(self, scope: str) -> str:
        """A valid token for `scope`.

        Raises:
            TransientError: the issuer cannot be reached or refuses.
        """
        async with self._asking:
            token, until = self._tokens.get(scope, ("", float("-inf")))
            if time.monotonic() > until:
                try:
                    given = (await self._ask(scope)).given()
                    token = str(given["access_token"])
                    self._tokens[scope] = token, time.monotonic() + float(given.get("expires_in", 60)) - _EARLY
                except (UnansweredError, KeyError, TypeError, ValueError):
                    raise TransientError("tijdelijk-niet-beschikbaar") from None
            return token

    def forget(self, scope: str) -> None:
        """Ask for a new token at the next call."""
        self._tokens.pop(scope, None)

    @abstractmethod
    async def _ask(self, scope: str) -> Answer:
        """What the issuer answers to a request for a token."""


class ClientCredentials(Tokens):
    """Those of our own issuer, found by its discovery document."""

    def __init__(self, client: Http, issuer: str, client_id: str, secret: SecretStr) -> None:
        super().__init__()
        self._client = client
        self._issuer = issuer.rstrip("/")
        self._id = client_id
        self._secret = secret

    async def _ask(self, scope: str) -> Answer:
        url = await endpoint(self._client, self._issuer, "token_endpoint")
        # Each form-encoded first (RFC 6749 §2.3.1): a secret may hold a colon, a plus or a percent sign.
        known_as = f"{quote_plus(self._id)}:{quote_plus(self._secret.get_secret_value())}"
        basic = b64encode(known_as.encode()).decode()
        return await self._client.send(
            "POST",
            url,
            headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
            content=urlencode({"grant_type": "client_credentials", "scope": scope}).encode(),
        )


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
