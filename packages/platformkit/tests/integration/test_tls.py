"""What production wants of an address of PostgreSQL is what every road to it understands: TLS, and the right server (D17)."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from proef.hulp import Proef
from sqlalchemy import text

from lokaal.certificaat import Certificaat
from platformkit.db.database import Database
from platformkit.db.migrations import engine


class Front:
    """Speaks TLS before a server whose build cannot: answers the question for it, and passes on what comes."""

    def __init__(self, certificate: Certificaat, host: str, port: int) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate.server, certificate.sleutel)
        self._behind = host, port
        self.encrypted = 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(8) == bytes.fromhex("00000008 04d2162f"), "the client asks for TLS"
        writer.write(b"S")
        try:
            await writer.start_tls(self._context)
        except (OSError, ssl.SSLError):
            writer.close()  # the client did not like the certificate
            return
        self.encrypted += 1
        behind_reader, behind_writer = await asyncio.open_connection(*self._behind)
        await asyncio.gather(_pass(reader, behind_writer), _pass(behind_reader, writer))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while some := await reader.read(65_536):
            writer.write(some)
    except OSError:
        pass
    writer.close()


def certificate(folder: Path, host: str = "127.0.0.1") -> Certificaat:
    made = Certificaat(folder)
    made.maak_als_nodig(host)
    return made


@pytest.fixture
async def start(proef: Proef) -> AsyncIterator[Callable[[Certificaat], Awaitable[tuple[Front, str]]]]:
    """Puts the database behind TLS with this certificate; its address, without what it says of that."""
    address, servers = urlsplit(proef.addresses["migrate"]), []

    async def started(shown: Certificaat) -> tuple[Front, str]:
        made = Front(shown, str(address.hostname), int(address.port or 0))
        servers.append(await asyncio.start_server(made.accept, "127.0.0.1", 0))
        port = servers[-1].sockets[0].getsockname()[1]
        return made, address._replace(netloc=f"{address.username}:{address.password}@127.0.0.1:{port}").geturl()

    yield started
    for each in servers:
        each.close()


async def _answers(url: str) -> None:
    """Both roads: that of every process, and that of migrations."""
    database, migrating = Database(url, pool=1, application="proef-test"), engine(url)
    try:
        await database.answers()
        async with migrating.connect() as connection:
            await connection.execute(text("select 1"))
    finally:
        await database.close()
        await migrating.dispose()


async def test_pool_and_migrations_speak_tls_with_the_right_server_alone(
    start: Callable[[Certificaat], Awaitable[tuple[Front, str]]], tmp_path: Path
) -> None:
    shown, other, elsewhere = (
        certificate(tmp_path / "eigen"),
        certificate(tmp_path / "ander"),
        certificate(tmp_path / "elders", "127.0.0.9"),
    )
    made, address = await start(shown)
    await _answers(f"{address}?sslmode=verify-full&sslrootcert={shown.ca}")
    assert made.encrypted == 2
    named_otherwise, its_address = await start(elsewhere)
    for bad in (
        f"{address}?sslmode=verify-full&sslrootcert={other.ca}",
        f"{its_address}?sslmode=verify-full&sslrootcert={elsewhere.ca}",
    ):
        for road in (Database(bad, pool=1, application="proef-test").answers, engine(bad).connect().start):
            with pytest.raises((OSError, ssl.SSLError)):
                await road()
    assert (made.encrypted, named_otherwise.encrypted) == (2, 0)
