"""What this API says when it cannot do what was asked."""

from collections.abc import Mapping
from types import MappingProxyType

from platformkit.http.problems import Problem

PROBLEMS: Mapping[str, Problem] = MappingProxyType(
    {
        "account-onbekend": Problem(
            403,
            "U heeft hier geen account",
            "Met deze inlog kunt u niet werken voor deze organisatie. Vraag de beheerder van uw organisatie om een"
            " account.",
        ),
    }
)
