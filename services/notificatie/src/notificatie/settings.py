"""Settings of notificatie: those of every process, and where mail goes."""

from email.utils import formataddr, parseaddr
from pathlib import Path

from pydantic import AnyHttpUrl, SecretStr

from kanalen.email import SmtpServer
from platformkit.settings import ProcessSettings


class Settings(ProcessSettings):
    """What only the sender needs has no default, and is asked for when a process starts to send.

    `smtp_ca_file` none: the CAs of the system. `mail_from` is an address or `Name <address>`.
    """

    signaal_url: AnyHttpUrl | None = None
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_ca_file: Path | None = None
    smtp_connections: int = 4
    mail_from: str = ""
    portaal_url: AnyHttpUrl | None = None

    def require_sender(self) -> None:
        """Check that all is there that a sender needs.

        Raises:
            ValueError: a setting is not set.
        """
        needed = ("signaal_url", "smtp_host", "smtp_user", "smtp_password", "mail_from", "portaal_url")
        absent = [name.upper() for name in needed if not getattr(self, name)]
        if absent:
            raise ValueError(f"not set: {', '.join(absent)}")

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
