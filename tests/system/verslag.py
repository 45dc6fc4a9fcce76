"""The fault table: one line per fault that the tests caused, printed at the end of the run."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Regel:
    """What one fault did. `lengte` and `seconden` in seconds; `seconden` is from the end of the fault until all was told."""

    storing: str
    lengte: float
    aanvaard: int
    verloren: int
    herhaald: int
    seconden: float
    opmerking: str = ""

    def __str__(self) -> str:
        return (
            f"{self.storing:<52} {self.lengte:>6.0f} s {self.aanvaard:>6} {self.verloren:>5} {self.herhaald:>8}"
            f" {self.seconden:>7.1f} s  {self.opmerking}"
        )


@dataclass
class Verslag:
    """Collects the lines."""

    regels: list[Regel] = field(default_factory=list)

    def regel(
        self,
        storing: str,
        *,
        lengte: float,
        aanvaard: int,
        verloren: int,
        herhaald: int,
        seconden: float,
        opmerking: str = "",
    ) -> None:
        """Add a line: signals accepted and lost, mails repeated, seconds from the end of the fault until all was told."""
        self.regels.append(Regel(storing, lengte, aanvaard, verloren, herhaald, seconden, opmerking))

    def tekst(self) -> list[str]:
        """The table, line by line; nothing when there was no fault."""
        if not self.regels:
            return []
        head = f"{'fault':<52} {'length':>8} {'accept':>6} {'lost':>5} {'repeated':>8} {'told in':>9}  remark"
        return [head, *map(str, self.regels)]
