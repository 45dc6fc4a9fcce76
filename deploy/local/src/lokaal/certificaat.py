"""A local server's certificate under a certificate authority of its own, in the run directory."""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

GELDIG = timedelta(days=30)


class Certificaat:
    """The files of one server: `ca.pem` is what a client has to trust."""

    def __init__(self, map_: Path) -> None:
        self.ca = map_ / "ca.pem"
        self.server = map_ / "server.pem"
        self.sleutel = map_ / "server.key"

    @property
    def eigen(self) -> tuple[Path, Path]:
        """What only the server may read: its key, and its certificate."""
        return self.sleutel, self.server

    def maak_als_nodig(self, host: str) -> None:
        """Make CA and certificate for `host` (an IP address) and localhost, unless a usable pair is there.

        The pair is kept over a restart, because clients have read `ca.pem` already. The CA's key is never written.
        """
        if self._is_bruikbaar():
            return
        now = datetime.now(UTC)
        ca_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        ca_name, server_name = _naam("Verwijsindex lokale CA"), _naam("Verwijsindex lokale server")
        ca = (
            _builder(ca_name, ca_name, ca_key.public_key(), now)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
            .add_extension(_key_usage(signs=True), critical=True)
            .sign(ca_key, hashes.SHA256())
        )
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host)), x509.DNSName("localhost")])
        server = (
            _builder(server_name, ca_name, server_key.public_key(), now)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(names, critical=False)
            .add_extension(_key_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            # Python 3.13 checks strictly and wants this one.
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        self.ca.parent.mkdir(parents=True, exist_ok=True)
        _schrijf(
            self.sleutel,
            server_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
        _schrijf(self.server, server.public_bytes(serialization.Encoding.PEM))
        _schrijf(self.ca, ca.public_bytes(serialization.Encoding.PEM))

    def _is_bruikbaar(self) -> bool:
        if not (self.ca.exists() and self.server.exists() and self.sleutel.exists()):
            return False
        server = x509.load_pem_x509_certificate(self.server.read_bytes())
        return server.not_valid_after_utc > datetime.now(UTC) + timedelta(days=1)


def _naam(naam: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, naam)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + GELDIG)
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _schrijf(pad: Path, inhoud: bytes) -> None:
    half = pad.with_suffix(f".{os.getpid()}")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(inhoud)
    half.replace(pad)
