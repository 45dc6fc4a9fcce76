"""Mail over real SMTP: how each answer of a server is told on, and that no address ever is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from packages.kanalen.tests.antwoorden import Antwoorder

from kanalen.email import EmailBericht, Result, SmtpPool, SmtpServer
from kanalen.replies import Outcome
from lokaal.certificaat import Certificaat
from lokaal.postvak.besturing import Opdracht

ADRES = "kanarie-7f3a@ontvanger.example"
BERICHT = EmailBericht("<een@verwijsindex.example>", ADRES, "Onderwerp", "Beste collega,\n\nDit is een bericht.\n")


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


@asynccontextmanager
async def pool(server: SmtpServer, size: int = 1) -> AsyncIterator[SmtpPool]:
    made = SmtpPool(server, size)
    yield made
    await made.close()


async def send(server: SmtpServer, bericht: EmailBericht = BERICHT) -> Result:
    async with pool(server) as connections:
        return await connections.send(bericht)


async def test_a_mail_arrives_with_the_headers_of_an_automatic_message(postvak: Any) -> None:
    assert await send(postvak.server) == Result(Outcome.DELIVERED, 250)
    (mail,) = postvak.berichten.zoek(ADRES)
    assert mail.message_id == "<een@verwijsindex.example>"
    assert mail.headers["From"] == "Verwijsindex <niet-antwoorden@verwijsindex.example>"
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    assert mail.headers["Content-Type"].startswith("text/plain")
    assert "Date" in mail.headers
    assert mail.van == "niet-antwoorden@verwijsindex.example"
    assert mail.tekst.replace("\r\n", "\n") == "Beste collega,\n\nDit is een bericht.\n"


async def test_a_batch_goes_over_one_connection(postvak: Any) -> None:
    async with pool(postvak.server) as connections:
        results = [await connections.send(BERICHT) for _ in range(5)]
    assert {result.outcome for result in results} == {Outcome.DELIVERED}
    assert len(postvak.connections) == 1


async def test_a_connection_that_the_server_closed_is_replaced(postvak: Any) -> None:
    async with pool(postvak.server) as connections:
        await connections.send(BERICHT)
        postvak.connections[0].transport.abort()
        assert (await connections.send(BERICHT)).outcome is Outcome.DELIVERED
    assert len(postvak.connections) == 2


@pytest.mark.parametrize(
    ("fout", "expected", "connections_made"),
    [
        ("451", Result(Outcome.TRANSIENT, 451, "4.3.0"), 1),
        ("550", Result(Outcome.PERMANENT, 550, "5.1.1"), 1),
        ("breken", Result(Outcome.TRANSIENT, uncertain=True), 2),
        ("breken-na-data", Result(Outcome.TRANSIENT, uncertain=True), 2),
    ],
)
async def test_a_failure_concerns_that_mail_only(
    postvak: Any, fout: Any, expected: Result, connections_made: int
) -> None:
    postvak.besturing.opdracht = Opdracht(fout=fout, aantal=1)
    async with pool(postvak.server) as connections:
        assert await connections.send(BERICHT) == expected
        assert await connections.send(BERICHT) == Result(Outcome.DELIVERED, 250)
    assert len(postvak.connections) == connections_made


async def test_a_server_that_does_not_answer_costs_no_more_than_the_deadline(postvak: Any) -> None:
    postvak.besturing.opdracht = Opdracht(vertraging_ms=60_000, aantal=1)
    server = replace(postvak.server, timeout=60, deadline=0.5)
    assert await send(server) == Result(Outcome.TRANSIENT, uncertain=True)


@pytest.mark.parametrize(
    ("command", "reply", "expected", "connections_made"),
    [
        ("DATA", "554 5.7.0 No", Result(Outcome.REFUSED, 554, "5.7.0"), 1),
        ("DATA", "552 No", Result(Outcome.REFUSED, 552), 1),
        ("DATA", "550 5.1.1 Seen late", Result(Outcome.PERMANENT, 550, "5.1.1"), 1),
        ("DATA", "251 2.0.0 Yes", Result(Outcome.DELIVERED, 251), 1),
        ("RCPT", "252 2.5.2 Will try", Result(Outcome.DELIVERED, 250), 1),
        ("RCPT", "550 5.7.1 Relaying denied", Result(Outcome.REFUSED, 550, "5.7.1"), 1),
        ("RCPT", "550 Nobody", Result(Outcome.PERMANENT, 550), 1),
        ("RCPT", "550-No\r\n550-5.1.1 such\r\n550 5.1.1 user", Result(Outcome.PERMANENT, 550, "5.1.1"), 1),
        ("RCPT", "450 4.7.1 Greylisted", Result(Outcome.TRANSIENT, 450, "4.7.1"), 1),
        ("RCPT", "421 4.7.0 Too fast", Result(Outcome.TRANSIENT, 421, "4.7.0", server_away=True), 2),
        ("DATA", "421 4.3.2 Going down", Result(Outcome.TRANSIENT, 421, "4.3.2", server_away=True), 2),
        ("MAIL", "550 5.7.1 Not your address", Result(Outcome.REFUSED, 550, "5.7.1", server_away=True), 2),
        ("MAIL", "451 4.1.8 Who are you?", Result(Outcome.TRANSIENT, 451, "4.1.8", server_away=True), 2),
    ],
)
async def test_what_a_reply_means_goes_by_what_it_is_about(
    postvak: Any, command: str, reply: str, expected: Result, connections_made: int
) -> None:
    async with pool(postvak.server) as connections:
        postvak.replies[command] = reply
        assert await connections.send(BERICHT) == expected
        postvak.replies.clear()
        assert await connections.send(BERICHT) == Result(Outcome.DELIVERED, 250)
    assert len(postvak.connections) == connections_made


async def test_a_certificate_of_another_ca_is_refused_and_nothing_is_sent(postvak: Any, tmp_path: Path) -> None:
    other = Certificaat(tmp_path / "other")
    other.maak_als_nodig("127.0.0.1")
    assert await send(replace(postvak.server, ca_file=other.ca)) == Result(Outcome.REFUSED, server_away=True)
    assert len(postvak.berichten) == 0


async def test_a_certificate_for_another_host_is_refused(postvak: Any) -> None:
    away = Result(Outcome.REFUSED, server_away=True)
    # The certificate names 127.0.0.1 and localhost only; this is the same server by a third name.
    assert await send(replace(postvak.server, host="127.1")) == away


@pytest.mark.parametrize(
    ("banner", "replies", "expected"),
    [
        ("554 5.7.1 No service", {}, Result(Outcome.REFUSED, 554, "5.7.1", server_away=True)),
        ("421 Busy", {}, Result(Outcome.TRANSIENT, 421, server_away=True)),
        ("220 Hi", {"EHLO": "502 No", "HELO": "550 5.7.1 No"}, Result(Outcome.REFUSED, 550, "5.7.1", server_away=True)),
        ("220 Hi", {"EHLO": "250-Hi\r\n250 AUTH PLAIN"}, Result(Outcome.REFUSED, server_away=True)),
        (
            "220 Hi",
            {"EHLO": "250-Hi\r\n250 STARTTLS", "STARTTLS": "502 5.5.1 No"},
            Result(Outcome.REFUSED, 502, "5.5.1", server_away=True),
        ),
        (
            "220 Hi",
            {"EHLO": "250-Hi\r\n250 STARTTLS", "STARTTLS": "454 4.7.0 Later"},
            Result(Outcome.TRANSIENT, 454, "4.7.0", server_away=True),
        ),
        ("220 Hi", {"EHLO": "nonsense"}, Result(Outcome.TRANSIENT, server_away=True)),
    ],
)
async def test_a_session_that_is_refused_says_whether_somebody_has_to_look(
    banner: str, replies: dict[str, str], expected: Result
) -> None:
    """And without STARTTLS neither login nor mail is sent."""
    said: list[str] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{banner}\r\n".encode())
        while line := await reader.readline():
            said.append(line.decode().split()[0])
            writer.write(f"{replies.get(said[-1], '221 Bye')}\r\n".encode())
        writer.close()

    listening = await asyncio.start_server(speak, "127.0.0.1", 0)
    server = SmtpServer("127.0.0.1", listening.sockets[0].getsockname()[1], "u", "p", "a@b.example", timeout=2)
    assert await send(server) == expected
    assert not {"AUTH", "MAIL", "DATA"} & set(said)
    listening.close()


async def test_a_refused_login_concerns_every_mail(postvak: Any) -> None:
    refused = Result(Outcome.REFUSED, 535, "5.7.8", server_away=True)
    assert await send(replace(postvak.server, password="fout")) == refused


async def test_nobody_there_concerns_every_mail(postvak: Any) -> None:
    assert await send(replace(postvak.server, port=1)) == Result(Outcome.TRANSIENT, server_away=True)


@pytest.mark.parametrize("to", ["x@caf\N{LATIN SMALL LETTER E WITH ACUTE}.example", "x@xn--caf-dma.example"])
async def test_a_domain_outside_ascii_is_written_as_every_server_reads_it(postvak: Any, to: str) -> None:
    assert await send(postvak.server, replace(BERICHT, to=to)) == Result(Outcome.DELIVERED, 250)
    (mail,) = postvak.berichten.zoek("x@xn--caf-dma.example")
    assert mail.headers["To"] == "x@xn--caf-dma.example"


async def test_a_sender_that_no_server_can_take_shows_at_the_start(postvak: Any) -> None:
    for sender in ("", "Verwijsindex", "Verwijsindex <geen adres>"):
        with pytest.raises(ValueError, match="no address"):
            SmtpPool(replace(postvak.server, sender=sender), 1)


@pytest.mark.parametrize(
    "to",
    [
        "",
        "geen-adres",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example, c@d.example",
        "<a@b>",
        "j\N{LATIN SMALL LETTER E WITH ACUTE}@b.example",
    ],
)
async def test_an_address_that_no_server_can_take_is_refused_here(postvak: Any, to: str) -> None:
    assert await send(postvak.server, replace(BERICHT, to=to)) == Result(Outcome.PERMANENT)
    assert len(postvak.connections) == 0


async def test_the_hook_is_passed_after_the_recipient_and_before_the_content(postvak: Any) -> None:
    seen: list[int] = []

    async def hook() -> None:
        seen.append(len(postvak.berichten))

    async with pool(postvak.server) as connections:
        await connections.send(BERICHT, hook)
        postvak.besturing.opdracht = Opdracht(fout="550", aantal=1)
        await connections.send(BERICHT, hook)
    assert seen == [0]


async def test_a_server_that_does_not_say_goodbye_holds_up_a_stop_once_and_not_per_connection(
    postvak: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also elsewhere a stop waited for who had gone already (cole/aiosmtplib#346)."""
    waiting: list[int] = [0]

    async def silent(*_: object) -> None:
        waiting.append(waiting[-1] + 1)
        try:
            await asyncio.Event().wait()
        finally:
            waiting.append(waiting[-1] - 1)

    monkeypatch.setattr(Antwoorder, "handle_QUIT", silent, raising=False)
    async with pool(postvak.server, 3) as connections:
        await asyncio.gather(*(connections.send(BERICHT) for _ in range(3)))
    assert max(waiting) == 3


@pytest.mark.parametrize("fout", [None, "451", "550", "breken-na-data"])
async def test_the_span_tells_the_answer_and_never_the_address(
    postvak: Any, spans: InMemorySpanExporter, fout: Any
) -> None:
    postvak.besturing.opdracht = Opdracht(fout=fout)
    await send(postvak.server)
    (span,) = spans.get_finished_spans()
    assert span.name == "email send"
    assert span.kind is trace.SpanKind.CLIENT
    expected = {None: 250, "451": 451, "550": 550}.get(fout)
    assert (span.attributes or {}).get("smtp.response.code") == expected
    assert "kanarie" not in span.to_json()


async def test_no_address_in_logs_or_representation(postvak: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1, "aiosmtplib")
    for fout in ("451", "550", "breken"):
        postvak.besturing.opdracht = Opdracht(fout=fout, aantal=1)
        assert "kanarie" not in repr(await send(postvak.server))
    assert "kanarie" not in repr(BERICHT)
    assert not [record for record in caplog.records if record.name != "mail.log" and "kanarie" in record.getMessage()]
