"""Start the local issuer: `python -m lokaal.oidc`."""

from lokaal.oidc.app import create_app
from lokaal.oidc.sleutel import lees_of_maak
from lokaal.oidc.tokens import Client, Uitgever
from lokaal.proces import ProcesSettings, read_settings, serve


class OidcSettings(ProcesSettings):
    """Settings of the issuer. OIDC_ISSUER defaults to the address that it listens on."""

    oidc_clients: dict[str, Client]
    oidc_issuer: str | None = None


def main() -> None:
    """Serve until told to stop."""
    settings = read_settings(OidcSettings)
    issuer = settings.oidc_issuer or f"http://{settings.http_host}:{settings.http_port}"
    key = lees_of_maak(settings.run_dir / "oidc" / "sleutel.pem")
    serve(create_app(Uitgever(issuer, key, settings.oidc_clients)), settings)


if __name__ == "__main__":
    main()
