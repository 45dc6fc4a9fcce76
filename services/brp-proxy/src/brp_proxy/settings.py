"""Settings of brp-proxy, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AnyHttpUrl, SecretStr

from platformkit.settings import LOCAL, ProcessSettings


class Settings(ProcessSettings):
    """Where the BRP and signaal are, and where the keys lie."""

    brp_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:5010/haalcentraal/api/brp")
    brp_api_key: Annotated[SecretStr, LOCAL] = SecretStr("")
    signaal_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:8080")
    sleutel_bestand: Annotated[Path | None, LOCAL] = None
