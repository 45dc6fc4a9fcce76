"""How we make ourselves known to the BRP API: by a key (trial environment), or by a token and a certificate (RvIG)."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from pydantic import SecretStr

from platformkit.http.calls import Answer, Http
from platformkit.http.client import Tokens


class GeweigerdError(Exception):
    """The BRP, or who hands out its tokens (`deel`), does not let us in or does not take our question: our fault."""

    def __init__(self, deel: str, status: int) -> None:
        super().__init__(f"{deel} {status}")
        self.deel = deel
        self.status = status


def tls(certificaat: Path | None, sleutel: Path | None, ca: Path | None) -> ssl.SSLContext:
    """Our certificate (PEM, with its chain) and key for who asks for it, and the authority of the other side.

    Raises:
        OSError: a file that cannot be read or does not hold what it should; ssl.SSLError is one.
    """
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificaat is not None:
        # Without a password here OpenSSL would ask for one at the terminal.
        context.load_cert_chain(certificaat, sleutel, password="")
    return context


class BrpTokens(Tokens):
    """Tokens of RvIG's authorisation server, which wants all in the form; `scope` is `{afnemersindicatie}-{OIN}`."""

    def __init__(self, client: Http, url: str, client_id: str, secret: SecretStr, resource_server: str) -> None:
        super().__init__()
        self._client = client
        self._url = url
        self._id = client_id
        self._secret = secret
        self._resource_server = resource_server

    async def _ask(self, scope: str) -> Answer:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._id,
            "client_secret": self._secret.get_secret_value(),
            "scope": scope,
            "resourceServer": self._resource_server,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = await self._client.send(
            "POST", self._url, headers=headers, content=urlencode(form).encode(), template="/token"
        )
        if 400 <= answer.status_code < 500 and answer.status_code != 429:
            raise GeweigerdError("token", answer.status_code)
        return answer


class Toegang:
    """The headers that let us in: fixed ones, and a token where that is wanted."""

    def __init__(self, vast: Mapping[str, SecretStr], tokens: BrpTokens | None = None, scope: str = "") -> None:
        self._vast = vast
        self._tokens = tokens
        self._scope = scope

    async def headers(self) -> Mapping[str, str]:
        """For one call.

        Raises:
            TransientError: there is no token to be had now.
            GeweigerdError: nor later.
        """
        known = {name: value.get_secret_value() for name, value in self._vast.items()}
        if self._tokens is not None:
            known["Authorization"] = f"Bearer {await self._tokens.token(self._scope)}"
        return known

    def vernieuw(self) -> bool:
        """Get a new token at the next call: the last one was refused. Whether there is one."""
        if self._tokens is not None:
            self._tokens.forget(self._scope)
        return self._tokens is not None
