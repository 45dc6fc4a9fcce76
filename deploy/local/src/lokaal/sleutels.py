"""The keys of a stack: they stand in for the key store that production has (D1), and for what an operator hands out (D17)."""

import base64
import secrets
from collections.abc import Iterable
from pathlib import Path

from joserfc.jwk import ECKey

from lokaal import secret_file


def make(file: Path) -> None:
    """Write random keys of both kinds, as their first version."""
    first = {kind: {"1": base64.b64encode(secrets.token_bytes(32)).decode()} for kind in ("kek", "hmac")}
    secret_file.write(file, {kind: {"actief": 1, "sleutels": keys} for kind, keys in first.items()})


NAMENS_PUBLIC = "sleutels.json"
"""The file with the public keys of all who sign who asks."""


def make_namens(folder: Path, services: Iterable[str]) -> None:
    """Write for each service the private key with which it signs who asks, `<service>.pem`, and the public ones of all."""
    folder.mkdir(parents=True, exist_ok=True)
    public = {}
    for service in services:
        key = ECKey.generate_key("P-256", private=True)
        secret_file.write_text(folder / f"{service}.pem", key.as_pem(private=True).decode())
        public[service] = {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig"}]}
    secret_file.write(folder / NAMENS_PUBLIC, public)
