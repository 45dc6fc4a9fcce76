"""Settings of brp-proxy, from the environment."""

from pathlib import Path

from pydantic import AnyHttpUrl, SecretStr

from platformkit.settings import ProcessSettings


class Settings(ProcessSettings):
    """Where the BRP and signaal are, and where the keys lie."""

    brp_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:5010/haalcentraal/api/brp")
    brp_api_key: SecretStr = SecretStr("")
    signaal_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:8080")
    sleutel_bestand: Path | None = None
