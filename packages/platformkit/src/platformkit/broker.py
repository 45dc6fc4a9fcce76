"""How a process comes to Kafka: over TLS and with an account of its own, in every profile (D17)."""

import ssl
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import SecretStr


@dataclass(frozen=True)
class Broker:
    """The brokers, and as whom to connect.

    Args:
        bootstrap: `host:port`, separated by commas.
        user: the account; what it may is said by `contracts.acls`.
        password: of the account (SCRAM-SHA-512).
        ca: the certificate authority of the brokers; those of the system when there is none.
    """

    bootstrap: str
    user: str
    password: SecretStr
    ca: Path | None = None

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Verifies the broker's certificate and its name.

        Raises:
            OSError: the file with the certificate authority is not there or holds none.
        """
        return ssl.create_default_context(cafile=self.ca)

    def environment(self) -> dict[str, str]:
        """The settings of a process that comes to Kafka so."""
        given = {
            "KAFKA_BOOTSTRAP": self.bootstrap,
            "KAFKA_USER": self.user,
            "KAFKA_PASSWORD": self.password.get_secret_value(),
        }
        return given | ({"KAFKA_CA": str(self.ca)} if self.ca else {})

    def client(self) -> dict[str, Any]:
        """What each client of aiokafka is made with."""
        return {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": "SASL_SSL",
            "ssl_context": self.tls,
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password.get_secret_value(),
        }
