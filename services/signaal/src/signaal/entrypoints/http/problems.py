"""What can go wrong with a request, in words that say what to do. Codes are stable."""

from collections.abc import Mapping
from types import MappingProxyType

from platformkit.http.problems import Problem

PROBLEMS: Mapping[str, Problem] = MappingProxyType(
    {
        "bsn-ongeldig": Problem(
            400,
            "Dit burgerservicenummer klopt niet",
            "Een burgerservicenummer heeft precies 9 cijfers en moet kloppen met de elfproef. Kijk het nummer na en"
            " probeer het opnieuw.",
        ),
        "alleen-bsn-en-duur": Problem(
            400,
            "Dit mag niet bij een signaal staan",
            "Een signaal bestaat uit het BSN en een einddatum of duur. Geef verder niets over de jeugdige mee, ook geen"
            " reden. Haal de andere velden weg.",
        ),
        "einddatum-of-duur": Problem(
            400,
            "Geef een einddatum of een duur",
            "Vul een van de twee in: 'einddatum' (de eerste dag dat het signaal niet meer actief is) of 'duur'.",
        ),
        "duur-ongeldig": Problem(
            400,
            "Deze duur klopt niet",
            "Schrijf een duur als P1Y (een jaar), P6M (zes maanden), P2W (twee weken) of P90D (negentig dagen).",
        ),
        "einddatum-in-verleden": Problem(
            400,
            "De einddatum ligt niet in de toekomst",
            "De einddatum is de eerste dag dat het signaal niet meer actief is. Kies een dag na vandaag.",
        ),
        "einddatum-te-ver": Problem(
            400,
            "De einddatum ligt te ver weg",
            "Een signaal mag hoogstens twee jaar duren. Kies een einddatum tot en met {laatsteDatum}.",
        ),
        "account-onbekend": Problem(
            403,
            "U heeft hier geen account",
            "Met deze inlog kunt u niet werken voor deze organisatie. Vraag de beheerder van uw organisatie om een"
            " account.",
        ),
        "persoon-onbekend": Problem(
            404,
            "Geen persoon met dit BSN",
            "De Basisregistratie Personen kent dit burgerservicenummer niet. Kijk het nummer na.",
        ),
        "persoon-overleden": Problem(
            409, "Dit kan niet: de persoon is overleden", "Op een overleden persoon kunt u geen signaal afgeven."
        ),
        "persoon-te-oud": Problem(
            409,
            "Dit kan niet: de persoon is 23 jaar of ouder",
            "U kunt alleen een signaal afgeven op jeugdigen tot 23 jaar.",
        ),
        "geboortedatum-onbekend": Problem(
            409,
            "Dit kan niet: de geboortedatum is niet bekend",
            "De Basisregistratie Personen heeft geen geboortedatum van deze persoon. Daarom is niet zeker of hij of zij"
            " jonger is dan 23 jaar. Neem contact op met de gemeente.",
        ),
        "bsn-niet-uniek": Problem(
            409,
            "Dit kan niet: de Basisregistratie Personen geeft bij dit BSN geen eenduidig antwoord",
            "Kijk het nummer na. Klopt het, neem dan contact op met uw functioneel beheerder: die kan het laten herstellen.",
        ),
        "signaal-bestaat-al": Problem(
            409,
            "U heeft al een actief signaal op deze jeugdige",
            "U hoeft niets te doen: uw signaal is nog actief. Sluit het eerst af als u een nieuw signaal wilt afgeven.",
        ),
        "signaal-niet-actief": Problem(
            409,
            "Dit signaal is niet meer actief",
            "Het signaal is al afgesloten of verlopen. U hoeft niets te doen.",
        ),
        "te-veel-onbekende-bsns": Problem(
            429,
            "Te vaak een BSN dat niet kan",
            "U gaf te vaak een BSN op dat niet bestaat of waarop geen signaal kan, of gebruikte te vaak een Idempotency-Key"
            " opnieuw voor een ander verzoek. Dit is gemeld. Wacht het aantal seconden in de header Retry-After of bel uw"
            " beheerder.",
        ),
        "brp-niet-beschikbaar": Problem(
            503,
            "De Basisregistratie Personen kan nu niet worden geraadpleegd",
            "Met dit verzoek is geen signaal afgegeven en niets opgeslagen. Probeer hetzelfde opnieuw na het aantal seconden"
            " in de header Retry-After, met dezelfde Idempotency-Key.",
        ),
        "organisatie-onbekend": Problem(
            400,
            "Deze organisatie is niet bekend",
            "Zoek het organisatieId op met GET /v1/organisaties en verstuur het verzoek opnieuw.",
        ),
        "locatie-onbekend": Problem(
            400,
            "Deze locatie hoort niet bij de organisatie",
            "Zoek het locatieId op met GET /v1/organisaties en verstuur het verzoek opnieuw.",
        ),
        "email-ongeldig": Problem(
            400,
            "Naar dit e-mailadres kunnen wij niet mailen",
            "Vul alleen het adres in, zoals naam@organisatie.nl. Voor de @ mogen geen letters met accenten en geen"
            " aanhalingstekens staan. Kijk het adres na en verstuur het verzoek opnieuw.",
        ),
        "identiteit-in-gebruik": Problem(
            409,
            "Deze inlog hoort al bij een andere professional",
            "Gebruik het professionalId waaronder deze persoon al bekend is bij deze organisatie.",
        ),
    }
)
"""What the API of signaal can answer beside what every API can."""
