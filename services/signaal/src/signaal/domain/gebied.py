"""Where a signal belongs: convenant, gemeente of issue, woongemeente, and the class for the figures (D6, R264)."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.statistiek import Woonklasse


def woongemeente(code: str | None, opvolgers: Mapping[str, str], *, geheim: bool) -> str | None:
    """The youth's woongemeente as it counts: today's code, and none for a secret or unknown address (D6, C26)."""
    if geheim or code is None:
        return None
    return opvolgers.get(code, code)


@dataclass(frozen=True)
class Gebied:
    """A convenant's region as CBS codes, and which ended gemeente became part of which (C26)."""

    convenant: str
    gemeenten: frozenset[str]
    opvolgers: Mapping[str, str]

    def woongemeente(self, code: str | None, *, geheim: bool) -> str | None:
        """See the function of this name."""
        return woongemeente(code, self.opvolgers, geheim=geheim)

    def uitgiftegemeente(self, woongemeente: str | None, gemeente_van_locatie: str) -> str:
        """The gemeente that a signal is issued under: the youth's when the accession covers it, else the location's."""
        return woongemeente if woongemeente in self.gemeenten else gemeente_van_locatie

    def woonklasse(self, woongemeente: str | None) -> Woonklasse:
        """The class of R264 for this region."""
        if woongemeente is None:
            return Woonklasse.GEHEIM_OF_ONBEKEND
        return Woonklasse.GEMEENTE if woongemeente in self.gemeenten else Woonklasse.BUITEN_REGIO
