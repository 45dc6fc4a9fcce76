"""Settings of brp-proxy, from the environment."""

from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, SecretStr, model_validator

from platformkit.settings import LOCAL, ProcessSettings

SLEUTELS: Final = "sleutels"
"""The name of the database with the keys."""


class Settings(ProcessSettings):
    """Where the BRP and signaal are, and where the keys lie.

    Raises:
        ValidationError: the keys are to stand in the database of the data, so that one backup would hold both (D1).
    """

    brp_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:5010/haalcentraal/api/brp")
    brp_api_key: Annotated[SecretStr, LOCAL] = SecretStr("")
    brp_update_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:5010/haalcentraal/api/brpupdate")
    volgen_seconden: float = 3600.0
    """Between two questions who changed. Changes are told by day, so each question reads those of the day again."""
    signaal_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:8080")
    sleutel_bestand: Annotated[Path | None, LOCAL] = None
    database_url_sleutels_api: SecretStr | None = None
    database_url_sleutels_worker: SecretStr | None = None
    database_url_sleutels_migrate: SecretStr | None = None

    @model_validator(mode="after")
    def _sleutels_staan_apart(self) -> Self:
        for role in ("api", "worker", "migrate"):
            base, keys = getattr(self, f"database_url_{role}"), getattr(self, f"database_url_{SLEUTELS}_{role}")
            if base and keys and _place(base) == _place(keys):
                raise ValueError(f"DATABASE_URL_{SLEUTELS.upper()}_{role.upper()} is the database of the persons")
        return self


def _place(url: SecretStr) -> tuple[str | None, int, str]:
    address = urlsplit(url.get_secret_value())
    return address.hostname, address.port or 5432, address.path
