"""E-mail over SMTP (RFC 5321): STARTTLS with a verified certificate always, AUTH, connections that are used again.

An address is in memory for the time of one sending and nowhere else: not in an exception, a log line or a span. So
everything that a library raises ends here, and only the server's code goes on.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr, parseaddr
from pathlib import Path

import aiosmtplib
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from contracts.mailadres import mailadres
from kanalen.replies import Outcome, Stage, outcome_of, status_of

_REUSE_SECONDS = 20.0
_FOR_NOW, _CLOSING = 400, 421
# What is refused otherwise is the session.
_STAGES: Mapping[type[aiosmtplib.SMTPResponseException], Stage] = {
    aiosmtplib.SMTPSenderRefused: Stage.SENDER,
    aiosmtplib.SMTPRecipientRefused: Stage.RECIPIENT,
    aiosmtplib.SMTPDataError: Stage.CONTENT,
}
# A server that is away; and one without STARTTLS or login, or that is not who it should be, until somebody mends it.
_AWAY = (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError)
_UNFIT = (aiosmtplib.SMTPException, ssl.SSLCertVerificationError)

Hook = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Result:
    """The outcome of a sending, without any text of the server: it may quote the address.

    `code` is the server's last answer to this mail (RFC 5321, 4.2), none when there was no answer, and `status` its enhanced
    code (RFC 3463), empty when it gave none. `server_away`: no session could be set up, so another mail would fare the
    same. `uncertain`: the mail went out whole and the answer got lost, so the server may have taken it.
    """

    outcome: Outcome
    code: int | None = None
    status: str = ""
    server_away: bool = False
    uncertain: bool = False


@dataclass(frozen=True)
class EmailBericht:
    """One mail in plain text to one person. `message_id` with its angle brackets; keep it the same over retries."""

    message_id: str
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over, and as whom. `ca_file` none: the CAs of the system. Durations in seconds.

    `sender` is a mailbox such as `Verwijsindex <niet-antwoorden@example.nl>`: header From and, its address, the envelope
    sender to which bounces go. `timeout` is per command, `deadline` for one mail with all that it takes.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    ca_file: Path | None = None
    timeout: float = 10.0
    deadline: float = 30.0


class SmtpPool:
    """At most `size` connections to one server; each is used for one mail at a time and kept for the next.

    Raises:
        ValueError: the sender has no address that mail can be sent from.
    """

    def __init__(self, server: SmtpServer, size: int) -> None:
        self._tls = ssl.create_default_context(cafile=server.ca_file)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        # The one used last comes first, so that a quiet hour keeps one connection busy instead of all half asleep.
        self._idle: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        for _ in range(size):
            self._idle.put_nowait(_Connection(server, self._tls))

    async def send(self, bericht: EmailBericht, before_data: Hook | None = None) -> Result:
        """Hand `bericht` to the server, waiting for a free connection.

        `before_data` is awaited when the server has accepted the recipient, just before the content goes. It must not
        raise, and its time counts for the deadline.
        """
        connection = await self._idle.get()
        try:
            with trace.get_tracer("kanalen").start_as_current_span(
                "email send", kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
            ) as span:
                # Not what the mail is about, nor to whom: how one finds this span from the mail itself.
                span.set_attribute("email.message_id", bericht.message_id)
                result = await connection.send(bericht, before_data)
                span.set_attribute("email.outcome", result.outcome)
                if result.code is not None:
                    span.set_attribute("smtp.response.code", result.code)
                if result.status:
                    span.set_attribute("smtp.response.status", result.status)
                if result.outcome is not Outcome.DELIVERED:
                    span.set_status(StatusCode.ERROR)
                return result
        finally:
            self._idle.put_nowait(connection)

    async def close(self) -> None:
        """End all connections politely, at once: a server that does not answer may take two seconds of each."""
        idle = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        await asyncio.gather(*(each.close() for each in idle))


class _Connection:
    """One connection, set up when it is needed."""

    def __init__(self, server: SmtpServer, tls: ssl.SSLContext) -> None:
        self._server = server
        self._tls = tls
        name, address = parseaddr(server.sender)
        self._sender = mailadres(address)
        self._from = formataddr((name, self._sender))
        self._client: aiosmtplib.SMTP | None = None
        self._used_at = 0.0

    async def send(self, bericht: EmailBericht, before_data: Hook | None) -> Result:
        try:
            to = mailadres(bericht.to)
            content = _content(bericht, to, self._from)
        except (ValueError, MessageError):
            return Result(Outcome.PERMANENT)
        progress = _Progress()
        try:
            async with asyncio.timeout(self._server.deadline):
                return await self._transmit(to, content, before_data, progress)
        except aiosmtplib.SMTPResponseException as error:
            return await self._replied(error, progress)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._drop()
            if isinstance(error, _AWAY) or not isinstance(error, _UNFIT):
                return progress.lost()
            return Result(Outcome.REFUSED, server_away=True)
        except BaseException:
            self._drop()
            raise

    async def _transmit(self, to: str, content: bytes, before_data: Hook | None, progress: "_Progress") -> Result:
        client = await self._offer(to, progress)
        if before_data is not None:
            await before_data()
        progress.data = True
        code = await _accepted(client.data(content))
        self._used_at = time.monotonic()
        return Result(Outcome.DELIVERED, code)

    async def _offer(self, to: str, progress: "_Progress") -> aiosmtplib.SMTP:
        """A session that has accepted sender and recipient; one used before may have been closed, so a new one follows."""
        if self._client is not None and time.monotonic() - self._used_at < _REUSE_SECONDS:
            with suppress(OSError, aiosmtplib.SMTPSenderRefused):
                await _accepted(self._client.mail(self._sender))
                await _accepted(self._client.rcpt(to))
                return self._client
        self._drop()
        client = self._new()
        await client.connect()
        self._client = client
        progress.session = True
        await _accepted(client.mail(self._sender))
        await _accepted(client.rcpt(to))
        return client

    def _new(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            start_tls=True,
            tls_context=self._tls,
            username=self._server.user,
            password=self._server.password,
            timeout=self._server.timeout,
        )

    async def _replied(self, error: aiosmtplib.SMTPResponseException, progress: "_Progress") -> Result:
        """The server's no. After one to this mail the session stays, unless it says that it closes."""
        if error.code < _FOR_NOW:
            # No reply of SMTP at all: nobody knows how far it came.
            self._drop()
            return progress.lost()
        stage, status = _STAGES.get(type(error), Stage.SESSION), status_of(error.message)
        away = stage in {Stage.SESSION, Stage.SENDER} or error.code == _CLOSING
        try:
            if away or self._client is None:
                raise aiosmtplib.SMTPServerDisconnected("")
            await self._client.rset()
            self._used_at = time.monotonic()
        except (aiosmtplib.SMTPException, OSError):
            self._drop()
        return Result(outcome_of(stage, error.code, status), error.code, status, server_away=away)

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    async def close(self) -> None:
        if self._client is not None:
            with suppress(aiosmtplib.SMTPException, OSError):
                await self._client.quit(timeout=2)
        self._drop()


async def _accepted(answering: Awaitable[aiosmtplib.SMTPResponse]) -> int:
    """The code of a yes: any that begins with 2, where the library knows some only."""
    try:
        return (await answering).code
    except aiosmtplib.SMTPResponseException as error:
        if outcome_of(Stage.CONTENT, error.code, "") is Outcome.DELIVERED:
            return error.code
        raise


@dataclass
class _Progress:
    """How far a mail came: only that tells what a lost connection means."""

    session: bool = False
    data: bool = False

    def lost(self) -> Result:
        """What came of the mail when the connection is lost now."""
        return Result(Outcome.TRANSIENT, server_away=not self.session, uncertain=self.data)


def _content(bericht: EmailBericht, to: str, sender: str) -> bytes:
    """The message as bytes.

    Raises:
        ValueError, MessageError: no mail can be made of this.
    """
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = bericht.subject
    # The machine's clock, as TLS: a mail dated by a moved domain clock (D7) would be taken for spam.
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = bericht.message_id
    # RFC 3834: no out-of-office in return.
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "nl"
    message.set_content(bericht.text)
    return message.as_bytes()
