"""Start the BRP simulator: `python -m lokaal.simulatoren.brp`."""

import sys
from pathlib import Path

from pydantic import SecretStr

from lokaal.proces import ProcesSettings, domain_now, read_settings, serve
from lokaal.simulatoren.brp.app import create_app
from lokaal.simulatoren.brp.personen import OnbruikbaarError, Personenbestand

OFFICIELE_SELECTIE = Path(__file__).parent / "data" / "personen-responsvorm-selectie.json"


class BrpSettings(ProcesSettings):
    """Settings of the BRP simulator: PERSONEN is a file in the response form, KLOK_BESTAND the stack's clock."""

    brp_api_key: SecretStr
    personen: Path = OFFICIELE_SELECTIE
    klok_bestand: Path | None = None


def main() -> None:
    """Serve until told to stop; a file that cannot be used ends the process with one line."""
    settings = read_settings(BrpSettings)
    try:
        personen = Personenbestand.lees(settings.personen)
    except (OSError, OnbruikbaarError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        print(f"PERSONEN: {settings.personen} kan niet gelezen worden: {reason}", file=sys.stderr)
        raise SystemExit(2) from None
    key = settings.brp_api_key.get_secret_value()
    serve(create_app(personen, key, lambda: domain_now(settings.klok_bestand).date()), settings)


if __name__ == "__main__":
    main()
