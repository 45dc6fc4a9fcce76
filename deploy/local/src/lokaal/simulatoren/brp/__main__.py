"""Start the BRP simulator: `python -m lokaal.simulatoren.brp`."""

import re
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from lokaal.proces import ProcesSettings, domain_now, read_settings, serve
from lokaal.simulatoren.brp.app import create_app
from lokaal.simulatoren.brp.officieel import OFFICIEEL, SELECTIE
from lokaal.simulatoren.brp.personen import Lijsten, OnbruikbaarError, Personenbestand, lees
from lokaal.simulatoren.brp.synthetisch import Synthetisch

BESTANDEN: Final[Mapping[str, Path]] = {"selectie": SELECTIE, "officieel": OFFICIEEL}


class BrpSettings(ProcesSettings):
    """Settings of the BRP simulator; KLOK_BESTAND is the stack's clock.

    PERSONEN: `selectie`, `officieel`, `synthetisch:<number>[:<seed>]` (beside the official ones), or a file in the
    response form.
    """

    brp_api_key: SecretStr
    personen: str = "selectie"
    klok_bestand: Path | None = None


def bron(personen: str, vandaag: Callable[[], date]) -> Mapping[str, Lijsten]:
    """Return the persons that PERSONEN names.

    Raises OSError when the file cannot be read, OnbruikbaarError when these are no persons.
    """
    if not personen.startswith("synthetisch:"):
        return lees(BESTANDEN.get(personen, Path(personen)))
    gevraagd = re.fullmatch(r"synthetisch:([0-9]{1,9})(?::([0-9]{1,9}))?", personen, re.ASCII)
    if gevraagd is None:
        raise OnbruikbaarError("schrijf synthetisch:<aantal> of synthetisch:<aantal>:<zaad>")
    return Synthetisch(int(gevraagd[1]), vandaag(), int(gevraagd[2] or 1), lees(OFFICIEEL))


def main() -> None:
    """Serve until told to stop; persons that cannot be used end the process with one line."""
    settings = read_settings(BrpSettings)

    def vandaag() -> date:
        return domain_now(settings.klok_bestand).date()

    try:
        personen = Personenbestand(bron(settings.personen, vandaag))
    except (OSError, OnbruikbaarError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        print(f"PERSONEN: {settings.personen} kan niet gelezen worden: {reason}", file=sys.stderr)
        raise SystemExit(2) from None
    serve(create_app(personen, settings.brp_api_key.get_secret_value(), vandaag), settings)


if __name__ == "__main__":
    main()
