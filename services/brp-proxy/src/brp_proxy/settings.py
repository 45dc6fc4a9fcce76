"""Settings of brp-proxy, from the environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator

from platformkit.settings import LOCAL, ProcessSettings

SLEUTELS: Final = "sleutels"
"""The name of the database with the keys."""


class Settings(ProcessSettings):
    """Where the BRP and signaal are, how we are let in there, and where the keys lie.

    Raises:
        ValidationError: what lets us in at the BRP is told in part only, or the keys are to stand in the database of the data,
            so that one backup would hold both (D1).
    """

    brp_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:5010/haalcentraal/api/brp")
    brp_update_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:5010/haalcentraal/api/brpupdate")
    volgen_seconden: float = 3600.0
    """Between two questions who changed. Changes are told by day, so each question reads those of the day again."""
    brp_api_key: SecretStr = SecretStr("")
    """Sent as X-API-KEY where it is told: the trial environment and the simulator."""
    brp_token_url: Annotated[AnyHttpUrl | None, LOCAL] = None
    brp_client_id: Annotated[str, LOCAL] = ""
    brp_client_secret: Annotated[SecretStr, LOCAL] = SecretStr("")
    brp_scope: Annotated[str, LOCAL] = Field(default="", pattern=r"^([0-9]+-[0-9]{20})?$")
    """`{afnemersindicatie}-{OIN}`."""
    brp_resource_server: Annotated[str, LOCAL] = ""
    brp_certificaat: Annotated[Path | None, LOCAL] = None
    brp_certificaatsleutel: Annotated[Path | None, LOCAL] = None
    brp_ca: Path | None = None
    """Of the BRP and its authorisation server; the system's own when nothing is said."""
    brp_headers: Mapping[str, SecretStr] = {}
    """What a gateway between us and the BRP wants besides."""
    signaal_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:8080")
    sleutel_bestand: Annotated[Path | None, LOCAL] = None
    database_url_sleutels_api: SecretStr | None = None
    database_url_sleutels_worker: SecretStr | None = None
    database_url_sleutels_migrate: SecretStr | None = None

    @model_validator(mode="after")
    def _toegang_is_heel(self) -> Self:
        for parts in (
            ("brp_token_url", "brp_client_id", "brp_client_secret", "brp_scope", "brp_resource_server"),
            ("brp_certificaat", "brp_certificaatsleutel"),
        ):
            absent = [name.upper() for name in parts if not getattr(self, name)]
            if absent and len(absent) < len(parts):
                raise ValueError(f"{', '.join(absent)} is not set, and the rest of it is")
        return self

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
