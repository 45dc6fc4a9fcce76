"""What the mails say, and what they never say."""

import re

import pytest

from notificatie.adapters.teksten import JinjaTeksten
from notificatie.domain.notificatie import Soort
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort

PORTAAL = "https://portaal.example/"
PROFESSIONAL = Ontvanger(OntvangerSoort.ACCOUNT, "kanarie-account")
COORDINATOR = Ontvanger(OntvangerSoort.COORDINATOR, "kanarie-convenant")
ALLE = [(soort, wie) for soort in Soort for wie in (PROFESSIONAL, COORDINATOR)]


def mail(soort: Soort, wie: Ontvanger) -> tuple[str, str]:
    onderwerp, tekst = JinjaTeksten(PORTAAL).voor(soort, wie)
    return onderwerp, " ".join(tekst.split())


@pytest.mark.regel("R104")
@pytest.mark.parametrize(("soort", "wie"), ALLE)
def test_a_mail_holds_no_content(soort: Soort, wie: Ontvanger) -> None:
    onderwerp, tekst = mail(soort, wie)
    alles = f"{onderwerp}\n{tekst}".casefold()
    assert not re.search(r"\d", alles), "a number"
    assert "kanarie" not in alles, "the recipient"
    counts = r"\b(twee|drie|vier|vijf|beide|allebei) (match\w*|signa\w+|professionals|organisaties|jongeren)\b"
    assert not re.search(counts, alles), "a count"
    assert not re.search(r"\b(bsn|school|wijkteam|ggd|gezinsmatch|clientmatch|broer|zus|client|gezin)\b", alles)


@pytest.mark.parametrize(("soort", "wie"), ALLE)
def test_every_mail_says_where_to_log_in_and_that_it_cannot_be_answered(soort: Soort, wie: Ontvanger) -> None:
    _, tekst = mail(soort, wie)
    assert PORTAAL in tekst
    assert "U kunt deze e-mail niet beantwoorden" in tekst
    assert re.search(r"krijgen (ook bericht|deze e-mail ook)", tekst)
    assert re.findall(r"https?://\S+", tekst) == [PORTAAL], "no other link, no tracking"


@pytest.mark.regel("R193")
@pytest.mark.regel("R202")
@pytest.mark.parametrize("wie", [PROFESSIONAL, COORDINATOR])
def test_a_match_reminds_of_the_duty_to_inform(wie: Ontvanger) -> None:
    _, tekst = mail(Soort.MATCH, wie)
    assert "zo snel mogelijk" in tekst
    assert "voordat een andere professional de inzageknop gebruikt" in tekst


def test_professionals_are_asked_to_contact_each_other_and_agree_who_leads() -> None:
    onderwerp, tekst = mail(Soort.MATCH, PROFESSIONAL)
    assert onderwerp == "Nieuwe match in de Verwijsindex"
    assert "Neem contact op met de anderen" in tekst
    assert "Spreek samen af wie de regie neemt" in tekst


@pytest.mark.regel("R103")
@pytest.mark.regel("R114")
def test_the_coordinator_is_asked_to_make_the_parties_agree() -> None:
    _, tekst = mail(Soort.MATCH, COORDINATOR)
    assert "geen organisatie betrokken die vanzelf de regie krijgt" in tekst
    assert "Zorg dat zij samen afspreken wie de regie neemt" in tekst


def test_a_wrong_match_is_called_wrong() -> None:
    onderwerp, tekst = mail(Soort.MATCH_ONJUIST, PROFESSIONAL)
    assert onderwerp == "Een match in de Verwijsindex klopte niet"
    assert "Deel geen informatie meer vanwege deze match" in tekst
