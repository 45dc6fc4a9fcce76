"""The issuer's signing key, kept in the run directory so that tokens stay valid over a restart."""

import os
from pathlib import Path

from joserfc.jwk import ECKey, KeyParameters

_PARAMETERS: KeyParameters = {"use": "sig", "alg": "ES256"}


def lees_of_maak(pad: Path) -> ECKey:
    """Return the ES256 key in `pad` (PEM); make one, readable by its owner only, when there is none."""
    if pad.exists():
        key = ECKey.import_key(pad.read_bytes(), _PARAMETERS)
    else:
        key = ECKey.generate_key("P-256", _PARAMETERS, private=True)
        pad.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and renamed: a process that is killed halfway leaves no half key behind.
        half = pad.with_suffix(f".{os.getpid()}")
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(key.as_pem(private=True))
        half.replace(pad)
    key.ensure_kid()
    return key
