"""The mails in Dutch, one template each: the first line is the subject. Nothing of a match gets in (R104)."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from notificatie.domain.notificatie import Soort
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort


class JinjaTeksten:
    """See `notificatie.application.ports.Teksten`. The only thing that goes into a text is the portal's address."""

    def __init__(self, portaal_url: str) -> None:
        self._portaal_url = portaal_url
        self._templates = Environment(
            loader=PackageLoader("notificatie.adapters", "teksten"),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 (plain text)
            keep_trailing_newline=True,
        )

    def voor(self, soort: Soort, ontvanger: Ontvanger) -> tuple[str, str]:
        if soort is Soort.MATCH_ONJUIST:
            name = "match_onjuist"
        elif ontvanger.soort is OntvangerSoort.COORDINATOR:
            name = "match_zonder_regiepartij"
        else:
            name = "nieuwe_match"
        rendered = self._templates.get_template(f"{name}.txt").render(portaal_url=self._portaal_url)
        subject, _, text = rendered.partition("\n")
        return subject, text.lstrip("\n")
