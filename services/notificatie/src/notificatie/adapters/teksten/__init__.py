"""The mails in Dutch, one template each: the first line is the subject.

Nothing of a match gets in (R104); of the reader's own what tells him which one it is: his organisation, and the days on which
his signals were issued (D18).
"""

from collections.abc import Sequence
from datetime import date

from jinja2 import Environment, PackageLoader, StrictUndefined

from notificatie.application.ports import Eigen
from notificatie.domain.notificatie import Soort
from notificatie.domain.ontvangers import OntvangerSoort

_MAANDEN = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip


class JinjaTeksten:
    """See `notificatie.application.ports.Teksten`."""

    def __init__(self, portaal_url: str) -> None:
        self._portaal_url = portaal_url
        self._templates = Environment(
            loader=PackageLoader("notificatie.adapters", "teksten"),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 (plain text)
            keep_trailing_newline=True,
            trim_blocks=True,
        )

    def voor(self, soort: Soort, ontvanger: OntvangerSoort, eigen: Sequence[Eigen]) -> tuple[str, str]:
        alles_voorbij = all(each.voorbij for each in eigen)
        if soort is Soort.VERHUIZING:
            name = "verhuizing" if ontvanger is OntvangerSoort.ACCOUNT else "verhuizing_coordinator"
        elif soort is Soort.MATCH_ONJUIST:
            name = "match_onjuist"
        elif ontvanger is OntvangerSoort.COORDINATOR:
            name = "match_zonder_regiepartij"
        else:
            name = "match_voorbij" if alles_voorbij else "nieuwe_match"
        regels = {_regel(each, zeg_voorbij=each.voorbij and not alles_voorbij) for each in eigen}
        rendered = self._templates.get_template(f"{name}.txt").render(
            portaal_url=self._portaal_url, signalen=sorted(filter(None, regels))
        )
        subject, _, text = rendered.partition("\n")
        return subject, text.lstrip("\n")


def _regel(eigen: Eigen, *, zeg_voorbij: bool) -> str:
    """Of which signals, and where; empty when nothing is known of them."""
    woorden = []
    if eigen.dagen:
        wat = "uw signaal van" if len(eigen.dagen) == 1 else "uw signalen van"
        woorden.append(f"{wat} {' en '.join(map(_dag, eigen.dagen))}")
    elif eigen.organisatie:
        woorden.append("uw signaal")
    if eigen.organisatie:
        # One line, whatever somebody entered.
        woorden.append(f"bij {' '.join(eigen.organisatie.split())}")
    if woorden and zeg_voorbij:
        woorden.append("(deze match is al voorbij)")
    return " ".join(woorden)


def _dag(dag: date) -> str:
    return f"{dag.day} {_MAANDEN[dag.month - 1]} {dag.year}"
