"""Calls to other processes over HTTP, each a span that the other side continues (D12)."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from platformkit.telemetry import traceparent_of

_CONNECT_SECONDS = 2.0
_LARGEST = 4 * 1024 * 1024
_tracer = trace.get_tracer("platformkit")


class UnansweredError(OSError):
    """No answer: the other side is away, too slow, speaks no HTTP, or does not stop. Quotes nothing."""


@dataclass(frozen=True)
class Answer:
    """What the other side said. `headers` are found whatever their case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status_code < 300

    def json(self) -> Any:
        """The content.

        Raises:
            ValueError: it is no JSON.
        """
        return json.loads(self.content)

    def given(self) -> Any:
        """The content of a success.

        Raises:
            ValueError: it is none, or no JSON.
        """
        if not self.is_success:
            raise ValueError(f"status {self.status_code}")
        return self.json()


class Http:
    """Connections that are kept. By aiohttp: a call costs an eighth of what it does by httpx (ADR 0008).

    `tls` is for a neighbour who asks for a certificate of ours, or whose own is of no public authority.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._made: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            await self._made.close()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        seconds: float = 5.0,
        template: str = "?",
        largest: int | None = None,
    ) -> Answer:
        """The answer, whatever its status; a redirect is not followed. `seconds` is for all of it, `largest` its bytes.

        The span holds the `template` of the path: a path itself may say who somebody is.

        Raises:
            UnansweredError: there is none.
        """
        attributes = {
            "http.request.method": method,
            "server.address": urlsplit(url).hostname or "",
            "url.template": template,
        }
        with _tracer.start_as_current_span(
            f"http {method}",
            kind=SpanKind.CLIENT,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            traced = {"traceparent": traceparent} if (traceparent := traceparent_of(span)) else {}
            try:
                async with self._session().request(
                    method,
                    url,
                    headers={**(headers or {}), **traced},
                    data=content or None,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, _CONNECT_SECONDS)),
                ) as response:
                    answer = Answer(response.status, response.headers, await _content(response, largest or _LARGEST))
            except (aiohttp.ClientError, OSError, ValueError) as error:
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", type(error).__qualname__)
                raise UnansweredError(type(error).__qualname__) from None
            span.set_attribute("http.response.status_code", answer.status_code)
        return answer

    def _session(self) -> aiohttp.ClientSession:
        # At the first call: it belongs to the loop that runs then. What one caller's answer sets, no other sends.
        if self._made is None:
            connector = aiohttp.TCPConnector(ssl=self._tls or True)
            self._made = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._made


async def _content(response: aiohttp.ClientResponse, largest: int) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > largest:
            raise ValueError("too large")
    return bytes(content)
