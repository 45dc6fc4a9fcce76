"""The BRP asks for a certificate of ours, and shows one of its own authority (D17)."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from brp_proxy.adapters.http.brp import BrpClient
from brp_proxy.adapters.http.brp_toegang import BrpTokens, Toegang, tls
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.doel import Verwerkingsdoel
from lokaal.certificaat import Certificaat
from platformkit.errors import TransientError
from platformkit.http.calls import Http

TOKEN = b'{"access_token": "t", "token_type": "bearer", "expires_in": 300}'
ONBEKEND = b'{"type": "RaadpleegMetBurgerservicenummer", "personen": []}'


def eigen(folder: Path, locked: KeySerializationEncryption | None = None) -> tuple[Path, Path]:
    """A certificate of ours, signed by itself, and its key."""
    folder.mkdir()
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificaat.pem", folder / "sleutel.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked or NoEncryption()))
    return certificate, secret


def van_de_brp(folder: Path) -> Certificaat:
    made = Certificaat(folder)
    made.maak_als_nodig("127.0.0.1")
    return made


@pytest.fixture
async def start() -> AsyncIterator[Callable[[Certificaat, Path], Awaitable[str]]]:
    """A BRP over TLS that knows nobody, and lets in only who shows this certificate; its address."""
    servers: list[asyncio.Server] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        content = {b"/api/brp/personen": ONBEKEND, b"/token": TOKEN}[head.split()[1]]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
        writer.close()

    async def started(shown: Certificaat, wanted: Path) -> str:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=wanted)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(shown.server, shown.sleutel)
        servers.append(await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context))
        return f"https://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}/api/brp"

    yield started
    for server in servers:
        server.close()


async def vraag(url: str, context: ssl.SSLContext) -> str:
    async with Http(context) as http:
        tokens = BrpTokens(http, url.replace("/api/brp", "/token"), "klant", SecretStr("x"), "ResourceServer01")
        client = BrpClient(http, url, Toegang({}, tokens, "1-2"))
        try:
            persoon = await client.raadpleeg(Bsn("999996770"), Verwerkingsdoel.SIGNAAL)
        except TransientError as error:
            return error.code
    return "onbekend" if persoon is None else "gevonden"


@pytest.mark.regel("D17")
async def test_only_who_shows_the_certificate_gets_a_token_and_an_answer(start, tmp_path) -> None:
    brp, (ours, key), other = van_de_brp(tmp_path / "brp"), eigen(tmp_path / "wij"), eigen(tmp_path / "ander")
    url = await start(brp, ours)
    assert await vraag(url, tls(ours, key, brp.ca)) == "onbekend"
    assert await vraag(url, tls(*other, brp.ca)) == "brp-niet-beschikbaar"
    assert await vraag(url, tls(None, None, brp.ca)) == "brp-niet-beschikbaar"


@pytest.mark.regel("D17")
async def test_nothing_is_asked_of_who_only_says_that_he_is_the_brp(start, tmp_path) -> None:
    (ours, key), brp = eigen(tmp_path / "wij"), van_de_brp(tmp_path / "brp")
    url = await start(van_de_brp(tmp_path / "ander"), ours)
    assert await vraag(url, tls(ours, key, brp.ca)) == "brp-niet-beschikbaar"
    assert await vraag(url, tls(ours, key, None)) == "brp-niet-beschikbaar"


def test_a_certificate_that_cannot_be_used_is_found_at_the_start(tmp_path) -> None:
    ours, key = eigen(tmp_path / "wij")
    _, other = eigen(tmp_path / "ander")
    _, locked = eigen(tmp_path / "dicht", BestAvailableEncryption(b"wachtwoord"))
    for wrong in (
        (ours, other, None),
        (ours, locked, None),
        (key, ours, None),
        (tmp_path / "weg", key, None),
        (ours, key, key),
    ):
        with pytest.raises((ssl.SSLError, FileNotFoundError)):
            tls(*wrong)
