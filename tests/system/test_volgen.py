"""What changes in the BRP reaches the signals, the matches and the mailboxes that rest on it."""

from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from driver import Driver
from stores import rows
from youths import happens, new_child, new_youth, next_bsn

from platformkit.testing import eventually

NEW, WRONG = "Nieuwe match in de Verwijsindex", "Een match in de Verwijsindex klopte niet"
_families = count(1)


@dataclass(frozen=True)
class Family:
    """Two half-siblings who share a father, and who has a signal on each."""

    father: str
    children: tuple[str, str]
    names: tuple[str, str]
    refs: tuple[UUID, UUID]


def family(driver: Driver) -> Family:
    """One whose match was told to both, and whose children are followed and were read again."""
    number, father = next(_families), new_youth(driver)
    children = new_child(driver, new_youth(driver), father), new_child(driver, new_youth(driver), father)
    names = f"Volg {number} een", f"Volg {number} twee"
    answers = [driver.signal(name, child) for name, child in zip(names, children, strict=True)]
    assert [answer.status_code for answer in answers] == [201, 201]
    refs = tuple(
        rows(driver, "signaal", "select persoon_ref from signaal where id = $1", UUID(answer.json()["signaalId"]))[0][0]
        for answer in answers
    )
    for name in names:
        eventually(lambda name=name: subjects(driver, name) == {NEW: 1}, f"the mail of the match to {name}")
    eventually(lambda: followed(driver, *refs), "both to be followed")
    return Family(father, children, names, (refs[0], refs[1]))


def followed(driver: Driver, *refs: UUID) -> bool:
    """Whether the entries of all of them stand, and they were read after that."""
    asked = "select count(*) from volgindicatie where persoon_ref = any($1) and geplaatst_op is not null"
    return bool(rows(driver, "brp_proxy", asked, list(refs))[0][0] == len(refs))


def subjects(driver: Driver, name: str) -> Counter[str]:
    """How often somebody got a mail with which subject."""
    return Counter(str(mail["onderwerp"]) for mail in driver.mails(name))


def the_match(driver: Driver, name: str) -> dict[str, Any]:
    """The only match of somebody."""
    [found] = driver.matches(name)
    return found


def ended(driver: Driver, name: str) -> dict[str, Any]:
    """His match, once it has ended."""
    return eventually(
        lambda: match if (match := the_match(driver, name))["status"] == "beeindigd" else None, f"{name}'s match to end"
    )


def told(driver: Driver, ref: UUID) -> bool:
    """Whether all that brp-proxy told of a youth has been published and dealt with by match and signaal."""
    version = rows(driver, "brp_proxy", "select versie from persoon where persoon_ref = $1", ref)[0][0]
    return all(
        rows(driver, database, "select versie from persoon where persoon_ref = $1", ref)[0][0] >= version
        for database in ("match", "signaal")
    )


@pytest.mark.system
@pytest.mark.timeout(180)
@pytest.mark.regel("D18")
def test_a_denied_father_ends_the_match_and_each_is_told_once_that_it_was_wrong(driver: Driver) -> None:
    known = family(driver)
    happens(driver, "ontkenning", known.children[0], ouder=known.father)
    assert ended(driver, known.names[0])["reden"] == "ouder-gecorrigeerd"
    for name in known.names:
        eventually(lambda name=name: subjects(driver, name) == {NEW: 1, WRONG: 1}, f"the correction to {name}")


@pytest.mark.system
@pytest.mark.timeout(180)
@pytest.mark.regel("D18")
def test_an_adoption_ends_the_match_and_calls_nothing_wrong(driver: Driver) -> None:
    known, control = family(driver), family(driver)
    happens(driver, "adoptie", known.children[0], ouders=[new_youth(driver), new_youth(driver)])
    assert ended(driver, known.names[0])["reden"] != "ouder-gecorrigeerd"
    # What comes later has been told by now, so what came before would have been.
    happens(driver, "ontkenning", control.children[0], ouder=control.father)
    for name in control.names:
        eventually(lambda name=name: subjects(driver, name) == {NEW: 1, WRONG: 1}, f"the correction to {name}")
    assert [subjects(driver, name) for name in known.names] == [{NEW: 1}] * 2


@pytest.mark.system
@pytest.mark.timeout(180)
@pytest.mark.regel("R023")
def test_a_death_ends_signal_and_match_and_destroys_the_youth_everywhere(driver: Driver) -> None:
    known = family(driver)
    dead, alive = known.refs
    happens(driver, "overlijden", known.children[0])

    def gone() -> bool:
        asked = (("brp_proxy", "persoon"), ("brp_proxy_sleutels", "sleutel"), ("signaal", "signaal"))
        return not any(
            rows(driver, database, f"select 1 from {table} where persoon_ref = $1", dead) for database, table in asked
        )

    eventually(gone, "the dead to be gone", 60)
    assert ended(driver, known.names[1])["reden"] in {"overleden", "persoon-vernietigd", "signaal-vernietigd"}
    assert followed(driver, alive)
    assert [subjects(driver, name) for name in known.names] == [{NEW: 1}] * 2
    assert driver.signal(known.names[0], known.children[0], "De Buurtschool").json()["code"] == "persoon-overleden"
    # Other tests tell of signals on invented youths.
    log = driver.stack.log("brp-proxy-consumer").read_text().splitlines()
    assert not [line for line in log if "signaal_op_onbekende_verwijzing" in line and str(dead) in line]


@pytest.mark.system
@pytest.mark.timeout(180)
def test_a_bsn_that_became_another_is_told_to_the_operator_and_ends_nothing(driver: Driver) -> None:
    known = family(driver)
    happens(driver, "bsn-wijziging", known.children[0], nieuweBsn=next_bsn())

    def reported() -> bool:
        log = driver.stack.log("brp-proxy-jobs").read_text().splitlines()
        return any("persoon_niet_meer_te_volgen" in line and str(known.refs[0]) in line for line in log)

    eventually(reported, "the operator to be told")
    assert the_match(driver, known.names[0])["status"] == "open"
    assert [subjects(driver, name) for name in known.names] == [{NEW: 1}] * 2


@pytest.mark.system
@pytest.mark.timeout(180)
def test_a_father_whose_bsn_became_another_still_joins_his_children(driver: Driver) -> None:
    known = family(driver)
    versions = "select persoon_ref, versie from persoon where persoon_ref = any($1)"
    before = dict(rows(driver, "brp_proxy", versions, list(known.refs)))
    happens(driver, "bsn-wijziging", known.father, nieuweBsn=next_bsn())
    eventually(
        lambda: all(
            each["versie"] > before[each["persoon_ref"]] for each in rows(driver, "brp_proxy", versions, [*known.refs])
        ),
        "both children to be read again",
    )
    eventually(lambda: all(told(driver, ref) for ref in known.refs), "match to know it")
    assert the_match(driver, known.names[0])["status"] == "open"
    assert [subjects(driver, name) for name in known.names] == [{NEW: 1}] * 2


@pytest.mark.system
@pytest.mark.timeout(180)
def test_who_becomes_secret_lives_nowhere_for_others_and_the_match_goes_on(driver: Driver) -> None:
    known = family(driver)
    happens(driver, "geheimhouding", known.children[0], aan=True)

    def secret() -> bool:
        asked = "select geheim, woongemeente from persoon where persoon_ref = $1"
        return [tuple(row) for row in rows(driver, "signaal", asked, known.refs[0])] == [(True, None)]

    eventually(secret, "signaal to know that he is secret")
    eventually(lambda: told(driver, known.refs[0]), "match to know it")
    assert the_match(driver, known.names[0])["status"] == "open"
