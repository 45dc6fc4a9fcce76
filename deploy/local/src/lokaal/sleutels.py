"""The key file of a stack: stands in for the key store that production has (D1)."""

import base64
import secrets
from pathlib import Path

from lokaal import secret_file


def make(file: Path) -> None:
    """Write random keys of both kinds, as their first version."""
    keys = {kind: {"1": base64.b64encode(secrets.token_bytes(32)).decode()} for kind in ("kek", "hmac")}
    secret_file.write(file, {**keys, "actief": 1})
