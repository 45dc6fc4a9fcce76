"""The SMTP side: STARTTLS and a login are required, faults come by order."""

import asyncio
import hmac
import ssl
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lokaal.postvak.berichten import Berichten
from lokaal.postvak.besturing import Besturing, Opdracht

MAX_BYTES = 5_000_000
log = structlog.get_logger()


def protocol_factory(
    handler: "Ontvanger", user: str, password: str, context: ssl.SSLContext
) -> Callable[[], asyncio.Protocol]:
    """Return what makes one SMTP conversation per connection."""

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        ok = (
            isinstance(data, LoginPassword)
            and hmac.compare_digest(data.login, user.encode())
            and hmac.compare_digest(data.password, password.encode())
        )
        # handled=False makes the server answer 535 itself; with True the client would wait for an answer without end.
        return AuthResult(success=ok, handled=False)

    return lambda: SMTP(
        handler,
        hostname="postvak.test",
        ident="lokaal postvak",
        data_size_limit=MAX_BYTES,
        enable_SMTPUTF8=True,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=authenticate,
    )


class Ontvanger:
    """What happens to each mail."""

    def __init__(self, berichten: Berichten, besturing: Besturing) -> None:
        self._berichten = berichten
        self._besturing = besturing
        self._opdrachten: WeakKeyDictionary[Envelope, Opdracht] = WeakKeyDictionary()

    async def handle_RCPT(  # noqa: N802 (the library's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or refuse a recipient; the order for a mail is taken at its first one."""
        if envelope not in self._opdrachten:
            self._opdrachten[envelope] = self._besturing.neem()
        opdracht = self._opdrachten[envelope]
        if opdracht.fout in {"451", "550"}:
            await asyncio.sleep(opdracht.wacht)
            return "451 4.3.0 Probeer het later nog eens" if opdracht.fout == "451" else "550 5.1.1 Geen postvak"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail, or do with it what was ordered."""
        opdracht = self._opdrachten[envelope]
        await asyncio.sleep(opdracht.wacht)
        if opdracht.fout != "breken":
            content = envelope.content
            bericht = self._berichten.ontvang(
                envelope.mail_from or "", list(envelope.rcpt_tos), content if isinstance(content, bytes) else b""
            )
            self._besturing.aangenomen()
            log.info("bericht_ontvangen", id=bericht.id)
        if opdracht.fout in {"breken", "breken-na-data"} and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 OK"

    async def handle_exception(self, error: Exception) -> str:
        """Log what kind of error it was: its text could hold an address."""
        log.warning("smtp_fout", soort=type(error).__name__)
        return "451 4.3.0 Er ging iets mis"
