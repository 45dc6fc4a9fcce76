"""Start the local mailbox: `python -m lokaal.postvak`."""

from pydantic import SecretStr, field_validator

from lokaal.certificaat import Certificaat
from lokaal.postvak.app import create_app, server_context
from lokaal.postvak.berichten import Berichten
from lokaal.postvak.besturing import Besturing
from lokaal.postvak.smtp import Ontvanger, protocol_factory
from lokaal.proces import ProcesSettings, loopback, read_settings, serve


class PostvakSettings(ProcesSettings):
    """Settings of the mailbox; clients trust RUN_DIR/postvak/ca.pem."""

    smtp_host: str = "127.0.0.1"
    smtp_port: int
    smtp_user: str
    smtp_password: SecretStr
    traces_viewer: str = ""
    """Address of the trace viewer; empty when there is none."""

    @field_validator("smtp_host")
    @classmethod
    def _smtp_only_loopback(cls, host: str) -> str:
        return loopback(host)


def main() -> None:
    """Serve SMTP and HTTP until told to stop."""
    settings = read_settings(PostvakSettings)
    certificaat = Certificaat(settings.run_dir / "postvak")
    certificaat.maak_als_nodig(settings.smtp_host)
    berichten, besturing = Berichten(), Besturing()
    factory = protocol_factory(
        Ontvanger(berichten, besturing),
        settings.smtp_user,
        settings.smtp_password.get_secret_value(),
        server_context(str(certificaat.server), str(certificaat.sleutel)),
    )
    smtp = (settings.smtp_host, settings.smtp_port)
    serve(create_app(berichten, besturing, smtp, factory, settings.traces_viewer), settings)


if __name__ == "__main__":
    main()
