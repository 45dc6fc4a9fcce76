"""Settings of notificatie: those of every process, and where mail goes."""

from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Final, Self

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator, model_validator

from contracts.mailadres import mailadres
from kanalen.email import SmtpServer
from platformkit.settings import ProcessSettings, Profile

SENDER: Final = ("signaal_url", "match_url", "smtp_host", "smtp_user", "smtp_password", "mail_from", "portaal_url")
_LEASE: Final = 120


class Settings(ProcessSettings):
    """What only the sender needs (`SENDER`) has no default, and is asked for when a process starts to send.

    `smtp_ca_file` none: the CAs of the system. `mail_from` is an address or `Name <address>`. `bezorg_lease_seconden`: how
    long a mail stays with a sender that died; a test may shorten it.

    Raises:
        ValidationError: a shorter lease in production: a sender that is alive may take that long to note what it sent. Or
            `mail_from` is no address that mail can be sent from.
    """

    signaal_url: AnyHttpUrl | None = None
    match_url: AnyHttpUrl | None = None
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_ca_file: Path | None = None
    smtp_connections: int = Field(4, ge=1, le=500)
    mail_from: str = ""
    portaal_url: AnyHttpUrl | None = None
    bezorg_lease_seconden: int = _LEASE

    @field_validator("mail_from")
    @classmethod
    def _mail_can_be_sent_from_it(cls, text: str) -> str:
        if text:
            mailadres(parseaddr(text)[1])
        return text

    @model_validator(mode="after")
    def _no_short_lease_in_production(self) -> Self:
        if self.profiel is Profile.PRODUCTION and self.bezorg_lease_seconden < _LEASE:
            raise ValueError(f"BEZORG_LEASE_SECONDEN below {_LEASE} exists only in the profiles 'lokaal' and 'test'")
        return self

    @property
    def smtp(self) -> SmtpServer:
        """The mail server; the sender always has a name."""
        name, address = parseaddr(self.mail_from)
        return SmtpServer(
            host=self.smtp_host,
            port=self.smtp_port,
            user=self.smtp_user,
            password=self.smtp_password.get_secret_value(),
            sender=formataddr((name or "Verwijsindex", address)),
            ca_file=self.smtp_ca_file,
        )

    @property
    def mail_domein(self) -> str:
        """The domain of the sender's address."""
        return parseaddr(self.mail_from)[1].rpartition("@")[2]
