"""Who may do what: role x scope, the one table of D16. The local issuer, the APIs and an enumerated test derive from it.

A scope counts only here: an issuer may put any scope in a token, as Keycloak does for whoever asks (D17).
"""

from collections.abc import Mapping
from types import MappingProxyType

SIGNALEN_AFGEVEN = "signalen:afgeven"
SIGNALEN_LEZEN = "signalen:lezen"
SIGNALEN_AFSLUITEN = "signalen:afsluiten"
MATCHES_LEZEN = "matches:lezen"
DEELNEMERS_BEHEREN = "deelnemers:beheren"

PERSONEN_VASTLEGGEN = "personen:vastleggen"
KAARTGEGEVENS_LEZEN = "kaartgegevens:lezen"
KLASSEGEGEVENS_LEZEN = "klassegegevens:lezen"
SIGNALEN_BESTAAN = "signalen:bestaan"
CONTACTGEGEVENS_LEZEN = "contactgegevens:lezen"
MELDADRESSEN_LEZEN = "meldadressen:lezen"
REGIE_LEZEN = "regie:lezen"

NIETS: frozenset[str] = frozenset()

SCOPES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "professional": frozenset({SIGNALEN_AFGEVEN, SIGNALEN_LEZEN, SIGNALEN_AFSLUITEN, MATCHES_LEZEN}),
        "matchregisseur": frozenset({SIGNALEN_AFGEVEN, SIGNALEN_LEZEN, SIGNALEN_AFSLUITEN, MATCHES_LEZEN}),
        "coordinator": NIETS,
        "functionaris": NIETS,
        "verantwoordelijke": NIETS,
        "instellingscoordinator": NIETS,
        "locatiebeheerder": NIETS,
        "accounthouder": NIETS,
        "convenantmanager": NIETS,
        "beleidsmedewerker": NIETS,
        "functioneel-beheerder": frozenset({DEELNEMERS_BEHEREN}),
        "bronsysteem": NIETS,
    }
)
"""What each role of a person or source system may do. A role without scopes gets them with the capability it needs."""

DIENSTEN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "signaal": frozenset({PERSONEN_VASTLEGGEN, KAARTGEGEVENS_LEZEN, KLASSEGEGEVENS_LEZEN}),
        "inzage": frozenset({KAARTGEGEVENS_LEZEN}),
        "match": frozenset({CONTACTGEGEVENS_LEZEN}),
        "notificatie": frozenset({MELDADRESSEN_LEZEN, REGIE_LEZEN}),
        "brp-proxy": frozenset({SIGNALEN_BESTAAN}),
    }
)
"""What each service may ask of another with its own identity (D17)."""

APIS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "signaal": frozenset(
            {
                SIGNALEN_AFGEVEN,
                SIGNALEN_LEZEN,
                SIGNALEN_AFSLUITEN,
                DEELNEMERS_BEHEREN,
                SIGNALEN_BESTAAN,
                CONTACTGEGEVENS_LEZEN,
                MELDADRESSEN_LEZEN,
            }
        ),
        "match": frozenset({MATCHES_LEZEN, REGIE_LEZEN}),
        "brp-proxy": frozenset({PERSONEN_VASTLEGGEN, KAARTGEGEVENS_LEZEN, KLASSEGEGEVENS_LEZEN}),
    }
)
"""The scopes of each API, which is an audience of its own: a token for one is refused by the others (D17)."""


def mag(scope: str, rol: str, client: str) -> bool:
    """Whether `scope` counts for a bearer, whatever the token says.

    Who has a role is a person or a source system and is judged by that; who has none is a service, known by its client.
    A service's client that brings a role is neither.
    """
    if rol:
        return client not in DIENSTEN and scope in SCOPES.get(rol, NIETS)
    return scope in DIENSTEN.get(client, NIETS)
