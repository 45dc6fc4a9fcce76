"""The gemeenten that the local stack is set up for, by name (national table 33 of RvIG)."""

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "Aalsmeer": "0358",
    "Amstelveen": "0362",
    "Amsterdam": "0363",
    "Diemen": "0384",
    "Edam-Volendam": "0385",
    "Haarlem": "0392",
    "Landsmeer": "0415",
    "Oostzaan": "0431",
    "Ouder-Amstel": "0437",
    "Purmerend": "0439",
    "Uithoorn": "0451",
    "Waterland": "0852",
    "Wormerland": "0880",
    "Zaanstad": "0479",
}


def gemeentecode(gemeente: str) -> str:
    """Return the CBS code of a gemeente given by name (any case) or code; raise KeyError when it is not known here."""
    gezocht = gemeente.strip().casefold()
    for naam, code in CODES.items():
        if gezocht in {naam.casefold(), code}:
            return code
    raise KeyError(gemeente)
