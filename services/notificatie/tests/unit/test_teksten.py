"""What the mails say, and what they never say."""

import re
from dataclasses import replace
from datetime import date

import pytest

from notificatie.adapters.teksten import JinjaTeksten
from notificatie.application.ports import Eigen
from notificatie.domain.notificatie import Soort
from notificatie.domain.ontvangers import OntvangerSoort

PORTAAL = "https://portaal.example/"
PROFESSIONAL, COORDINATOR = OntvangerSoort.ACCOUNT, OntvangerSoort.COORDINATOR
NIETS = Eigen(None, [], voorbij=False)
ALTRA = Eigen("Altra", [date(2026, 5, 3)], voorbij=False)
VOORBIJ = replace(ALTRA, voorbij=True)
ALLE = [(soort, wie, eigen) for soort in Soort for wie in OntvangerSoort for eigen in (NIETS, ALTRA, VOORBIJ)]


def mail(soort: Soort, wie: OntvangerSoort, *eigen: Eigen) -> tuple[str, str]:
    onderwerp, tekst = JinjaTeksten(PORTAAL).voor(soort, wie, eigen or [NIETS])
    return onderwerp, " ".join(tekst.split())


@pytest.mark.regel("R104", "D18")
@pytest.mark.parametrize(("soort", "wie", "eigen"), ALLE)
def test_a_mail_holds_no_content_and_no_number_but_the_day_of_the_readers_own_signal(
    soort: Soort, wie: OntvangerSoort, eigen: Eigen
) -> None:
    onderwerp, tekst = mail(soort, wie, eigen)
    alles = f"{onderwerp}\n{tekst}".replace("uw signaal van 3 mei 2026 bij Altra", "").casefold()
    assert not re.search(r"\d", alles), "a number"
    counts = r"\b(twee|drie|vier|vijf|beide|allebei) (match\w*|signa\w+|professionals|organisaties|jongeren)\b"
    assert not re.search(counts, alles), "a count"
    assert not re.search(r"\b(bsn|school|wijkteam|ggd|gezinsmatch|clientmatch|broer|zus|client|gezin)\b", alles)


@pytest.mark.parametrize(("soort", "wie", "eigen"), ALLE)
def test_every_mail_says_where_to_log_in_and_that_it_cannot_be_answered(
    soort: Soort, wie: OntvangerSoort, eigen: Eigen
) -> None:
    _, tekst = mail(soort, wie, eigen)
    assert PORTAAL in tekst
    assert "U kunt deze e-mail niet beantwoorden" in tekst
    assert re.search(r"krijgen (zij )?(ook bericht|deze e-mail ook)", tekst)
    assert re.findall(r"https?://\S+", tekst) == [PORTAAL], "no other link, no tracking"


@pytest.mark.regel("R193")
@pytest.mark.regel("R202")
@pytest.mark.parametrize(("wie", "eigen"), [(PROFESSIONAL, ALTRA), (PROFESSIONAL, VOORBIJ), (COORDINATOR, NIETS)])
def test_a_match_reminds_of_the_duty_to_inform(wie: OntvangerSoort, eigen: Eigen) -> None:
    _, tekst = mail(Soort.MATCH, wie, eigen)
    assert "zo snel mogelijk" in tekst
    assert "voordat een andere professional de inzageknop gebruikt" in tekst


@pytest.mark.regel("D18")
@pytest.mark.parametrize(
    ("eigen", "regels"),
    [
        ([NIETS], []),
        ([ALTRA], ["- uw signaal van 3 mei 2026 bij Altra"]),
        ([ALTRA, ALTRA], ["- uw signaal van 3 mei 2026 bij Altra"]),
        ([replace(ALTRA, organisatie=None)], ["- uw signaal van 3 mei 2026"]),
        ([replace(ALTRA, dagen=[])], ["- uw signaal bij Altra"]),
        ([replace(ALTRA, organisatie=" De\r\nBuurt\tschool ")], ["- uw signaal van 3 mei 2026 bij De Buurt school"]),
        (
            [replace(ALTRA, dagen=[date(2026, 5, 3), date(2026, 12, 1)])],
            ["- uw signalen van 3 mei 2026 en 1 december 2026 bij Altra"],
        ),
        (
            [ALTRA, replace(VOORBIJ, organisatie="De Buurtschool")],
            [
                "- uw signaal van 3 mei 2026 bij Altra",
                "- uw signaal van 3 mei 2026 bij De Buurtschool (deze match is al voorbij)",
            ],
        ),
        ([VOORBIJ], ["- uw signaal van 3 mei 2026 bij Altra"]),
    ],
)
@pytest.mark.parametrize("soort", [Soort.MATCH, Soort.MATCH_ONJUIST])
def test_a_mail_says_which_of_the_readers_own_signals_it_is_about(
    soort: Soort, eigen: list[Eigen], regels: list[str]
) -> None:
    _, tekst = JinjaTeksten(PORTAAL).voor(soort, PROFESSIONAL, eigen)
    assert [each for each in tekst.splitlines() if each.startswith("- uw signa")] == regels
    assert ("Het gaat om:" in tekst) is bool(regels)
    assert "\n\n\n" not in tekst


@pytest.mark.regel("D10")
def test_of_a_match_that_is_over_nothing_is_asked_that_cannot_be_done() -> None:
    onderwerp, tekst = mail(Soort.MATCH, PROFESSIONAL, VOORBIJ, VOORBIJ)
    assert onderwerp == "U had een match in de Verwijsindex"
    assert "Neem contact op" not in tekst
    assert "U ziet daar geen contactgegevens meer" in tekst


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


@pytest.mark.regel("O9")
def test_a_move_says_which_signal_and_no_place() -> None:
    onderwerp, tekst = mail(Soort.VERHUIZING, PROFESSIONAL, ALTRA)
    assert onderwerp == "Een jongere in de Verwijsindex is verhuisd"
    assert "- uw signaal van 3 mei 2026 bij Altra" in tekst
    assert "Uw signaal blijft gewoon actief" in tekst
    assert "(deze match is al voorbij)" not in tekst
    for wie in (PROFESSIONAL, COORDINATOR):
        assert "niet waar de jongere nu woont" in mail(Soort.VERHUIZING, wie, NIETS)[1]


@pytest.mark.regel("D10")
def test_a_move_does_not_tell_whether_anybody_else_reported() -> None:
    _, tekst = mail(Soort.VERHUIZING, PROFESSIONAL, ALTRA)
    assert "Hebben anderen ook een signaal op deze jongere? Dan krijgen zij ook bericht." in tekst


@pytest.mark.regel("O9", "R113")
def test_the_coordinator_is_asked_to_look_after_what_the_move_changes() -> None:
    _, tekst = mail(Soort.VERHUIZING, COORDINATOR)
    assert "Die gemeente hoort bij uw regio" in tekst
    assert "wie de regie heeft" in tekst
