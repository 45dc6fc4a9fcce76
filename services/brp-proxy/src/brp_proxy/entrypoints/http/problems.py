"""What this API says when it cannot do what was asked."""

from collections.abc import Mapping
from types import MappingProxyType

from platformkit.http.problems import Problem

PROBLEMS: Mapping[str, Problem] = MappingProxyType(
    {
        "bsn-ongeldig": Problem(
            400,
            "Dit is geen geldig BSN",
            "Controleer het BSN: het heeft 9 cijfers en voldoet aan de elfproef. Er is niets opgeslagen.",
        ),
        "persoon-onbekend": Problem(
            404,
            "Dit BSN staat niet in de BRP",
            "Controleer het BSN. Klopt het, neem dan contact op met uw functioneel beheerder. Er is niets opgeslagen.",
        ),
        "persoon-overleden": Problem(
            409,
            "Deze persoon is overleden",
            "Er kan geen signaal meer worden afgegeven. Controleer of u het juiste BSN gebruikt. Er is niets opgeslagen.",
        ),
        "persoon-te-oud": Problem(
            409,
            "Deze persoon is 23 jaar of ouder",
            "Een signaal kan alleen voor jeugdigen tot 23 jaar. Controleer het BSN. Er is niets opgeslagen.",
        ),
        "geboortedatum-onbekend": Problem(
            409,
            "De geboortedatum van deze persoon is onbekend",
            "Neem contact op met uw functioneel beheerder: die beoordeelt of een signaal kan. Er is niets opgeslagen.",
        ),
        "bsn-niet-uniek": Problem(
            409,
            "De BRP geeft bij dit BSN geen eenduidig antwoord",
            "Controleer het BSN. Klopt het, neem dan contact op met uw functioneel beheerder: die kan het laten herstellen."
            " Er is niets opgeslagen.",
        ),
        "brp-niet-beschikbaar": Problem(
            503,
            "De BRP kan nu niet worden geraadpleegd",
            "Er is niets opgeslagen. Wacht het aantal seconden in de header Retry-After en probeer het dan opnieuw.",
        ),
    }
)
