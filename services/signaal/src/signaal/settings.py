"""Settings of signaal beside those that every process has."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr

from platformkit.settings import LOCAL, ProcessSettings


class Settings(ProcessSettings):
    """Durations in seconds."""

    redis_url: Annotated[SecretStr, LOCAL] = SecretStr("redis://127.0.0.1:6379/0")

    brp_proxy_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:8084")
    brp_proxy_seconds: float = Field(default=4.0, gt=0, le=30)
    """Time limit of the call to brp-proxy; D1 wants it far below the five minutes that a reference is good for."""

    verzoeken_aantal: int = Field(default=30, gt=0)
    verzoeken_seconden: int = Field(default=60, gt=0)
    """Budget of requests to issue, per account (D11)."""

    onbekende_bsns_aantal: int = Field(default=20, gt=0)
    onbekende_bsns_seconden: int = Field(default=86_400, gt=0)
    """Budget of BSNs that lead nowhere, per account (D10)."""

    korte_signalen_aantal: int = Field(default=3, gt=0)
    """From how many signals of a natural person that ended on one day, and lasted a day at most, somebody is told (D10)."""

    verlopen_seconden: float = Field(default=30.0, gt=0)
    """Pause of the sweep of expired signals when there was none."""
