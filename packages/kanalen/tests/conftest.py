"""A real SMTP server with STARTTLS and AUTH, that fails on order."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from packages.kanalen.tests.antwoorden import Antwoorder

from kanalen.email import SmtpServer
from lokaal.certificaat import Certificaat
from lokaal.postvak.app import server_context
from lokaal.postvak.berichten import Berichten
from lokaal.postvak.besturing import Besturing
from lokaal.postvak.smtp import protocol_factory


@dataclass
class Postvak:
    """The server with what it received, its orders and replies, and every connection that was made to it."""

    server: SmtpServer
    certificaat: Certificaat
    berichten: Berichten
    besturing: Besturing
    replies: dict[str, str]
    connections: list[asyncio.Protocol] = field(default_factory=list)


@pytest.fixture
async def postvak(tmp_path: Path) -> AsyncIterator[Postvak]:
    certificaat = Certificaat(tmp_path)
    certificaat.maak_als_nodig("127.0.0.1")
    berichten, besturing = Berichten(), Besturing()
    context = server_context(str(certificaat.server), str(certificaat.sleutel))
    antwoorder = Antwoorder(berichten, besturing)
    factory = protocol_factory(antwoorder, "gebruiker", "geheim", context)
    connections: list[asyncio.Protocol] = []

    def connect() -> asyncio.Protocol:
        connections.append(factory())
        return connections[-1]

    listening = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0)
    smtp = SmtpServer(
        host="127.0.0.1",
        port=listening.sockets[0].getsockname()[1],
        user="gebruiker",
        password="geheim",
        sender="Verwijsindex <niet-antwoorden@verwijsindex.example>",
        ca_file=certificaat.ca,
        timeout=2,
        deadline=4,
    )
    yield Postvak(smtp, certificaat, berichten, besturing, antwoorder.replies, connections)
    listening.close()
