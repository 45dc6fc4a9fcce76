"""Settings that every process has, read once from the environment."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import parse_qs, urlsplit

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


LOCAL: Final = "local"
"""Marks a setting whose default is for the local stack and tests: production must be told it (D17)."""


class ProcessSettings(BaseSettings):
    """Base of each service's settings. Durations in seconds unless the name says otherwise.

    Raises:
        ValidationError: in production a movable clock, failpoints, a setting that is not told or an address without TLS.
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
    oidc_issuer: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:8081")
    client_secret: Annotated[SecretStr, LOCAL] = SecretStr("")
    namens_sleutel: Path | None = None
    """The private key (PEM) with which this service signs who asks; of the API of a service that asks others for a user."""
    namens_sleutels: Path | None = None
    """The public keys of those who ask this service for a user: by service a JWK set."""
    source: Annotated[str, LOCAL] = "urn:nld:oin:00000099000000001000:systeem"
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

    @model_validator(mode="after")
    def _production_is_told_everything_and_is_safe(self) -> Self:
        if self.profiel is Profile.PRODUCTION:
            fields = type(self).model_fields.items()
            told = {name: _text(getattr(self, name)) for name in self.model_fields_set}
            absent = [name for name, field in fields if LOCAL in field.metadata and not told.get(name)]
            unsafe = [name for name, text in told.items() if not _is_safe(text)]
            if absent or unsafe:
                raise ValueError("; ".join((*map(_not_told, absent), *map(_without_tls, sorted(unsafe)))))
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

    def database_url(self, role: str, database: str = "") -> str:
        """The address for a database role (`api`, `worker`, `relay`, `migrate`); of the service's own database, or of one
        that it has beside it.

        Raises:
            ValueError: the address of that role is not set.
        """
        name = f"database_url_{database}_{role}" if database else f"database_url_{role}"
        url: SecretStr | None = getattr(self, name)
        if url is None:
            raise ValueError(f"{name.upper()} is not set")
        return url.get_secret_value()


def _text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _is_safe(text: str) -> bool:
    """Whether a text is no address, or one that is reached by TLS with a server that is checked."""
    address = urlsplit(text)
    options = parse_qs(address.query)
    if address.scheme in {"postgresql", "postgres"}:
        return options.get("sslmode") == ["verify-full"]
    if address.scheme == "rediss":
        return options.keys() <= {"ssl_ca_certs", "db"}  # others leave out the check
    return address.scheme not in {"http", "redis"}


def _not_told(name: str) -> str:
    return f"{name.upper()} is not set"


def _without_tls(name: str) -> str:
    return f"{name.upper()} is an address without TLS (https, rediss, sslmode=verify-full)"
