"""Settings that every process has, read once from the environment."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import AnyHttpUrl, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from platformkit import failpoints
from platformkit.broker import Broker
from platformkit.clock import Clock, ShiftedClock, SystemClock


class Profile(StrEnum):
    """Where a process runs. Only the first two know a movable clock and failpoints."""

    LOCAL = "lokaal"
    TEST = "test"
    PRODUCTION = "productie"


class Traces(StrEnum):
    """Where spans go."""

    NONE = "none"
    OTLP = "otlp"
    ZIPKIN = "zipkin"


class ProcessSettings(BaseSettings):
    """Base of each service's settings. Durations in seconds unless the name says otherwise.

    Raises:
        ValidationError: a movable clock or failpoints outside the profiles `lokaal` and `test`.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    profiel: Profile = Profile.PRODUCTION
    log_level: str = "INFO"
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    database_url_api: SecretStr | None = None
    database_url_worker: SecretStr | None = None
    database_url_relay: SecretStr | None = None
    database_url_migrate: SecretStr | None = None
    database_pool: int = 10
    kafka_bootstrap: str = ""
    kafka_user: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_ca: Path | None = None
    """Of the brokers; the system's own when nothing is said."""
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    oidc_issuer: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:8081")
    client_secret: SecretStr = SecretStr("")
    namens_sleutel: Path | None = None
    """The private key (PEM) with which this service signs who asks; of the API of a service that asks others for a user."""
    namens_sleutels: Path | None = None
    """The public keys of those who ask this service for a user: by service a JWK set."""
    source: str = "urn:nld:oin:00000099000000001000:systeem"
    klok_bestand: Path | None = None
    traces: Traces = Traces.NONE
    traces_url: str = ""
    metrics_port: int | None = None
    heartbeat_file: Path | None = None
    failpoints: str = ""

    @model_validator(mode="after")
    def _tools_of_the_trade_stay_at_home(self) -> Self:
        if self.profiel is Profile.PRODUCTION and (self.klok_bestand or self.failpoints):
            raise ValueError("KLOK_BESTAND and FAILPOINTS exist only in the profiles 'lokaal' and 'test'")
        failpoints.arm(self.failpoints)
        return self

    @property
    def broker(self) -> Broker:
        """Kafka, as this service.

        Raises:
            ValueError: its address or an account is not set.
        """
        for name in ("kafka_bootstrap", "kafka_user", "kafka_password"):
            if not getattr(self, name):
                raise ValueError(f"{name.upper()} is not set")
        return Broker(self.kafka_bootstrap, self.kafka_user, self.kafka_password, self.kafka_ca)

    def clock(self) -> Clock:
        """The clock of this process (D7)."""
        return ShiftedClock(self.klok_bestand) if self.klok_bestand else SystemClock()

    def database_url(self, role: str) -> str:
        """The address for a database role (`api`, `worker`, `relay`, `migrate`).

        Raises:
            ValueError: the address of that role is not set.
        """
        url: SecretStr | None = getattr(self, f"database_url_{role}")
        if url is None:
            raise ValueError(f"DATABASE_URL_{role.upper()} is not set")
        return url.get_secret_value()
