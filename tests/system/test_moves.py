"""A youth moves in the BRP: who reported before hears of it, and the coordinator of where he lives now (law 7.1.2.3(1)(g))."""

from typing import Any

import pytest
from driver import Driver
from youths import new_youth

from platformkit.testing import eventually

VERHUISD = "Een jongere in de Verwijsindex is verhuisd"


def move(driver: Driver, bsn: str, gemeente: str) -> None:
    """Let the BRP simulator know of it."""
    control = driver.addresses["simulators"]["brp"].split("/haalcentraal")[0] + "/_besturing/mutaties"
    driver.http.post(control, json={"soort": "verhuizing", "bsn": bsn, "gemeente": gemeente}).raise_for_status()


def told(driver: Driver, who: str) -> list[dict[str, Any]]:
    """What this mailbox heard of moves."""
    return [mail for mail in driver.mails(who) if mail["onderwerp"] == VERHUISD]


@pytest.mark.system
@pytest.mark.regel("O9", "R026", "R113")
def test_a_move_is_told_to_who_reported_before_it_and_to_the_new_coordinator_once(driver: Driver) -> None:
    youth = new_youth(driver)
    move(driver, youth, "0363")
    assert driver.signal("Vera Eerder", youth, "Altra").status_code == 201
    coordinator = len(told(driver, "coordinator-haarlem"))
    move(driver, youth, "0392")
    # He is read again at the latest when somebody else reports, who knows where he lives by then.
    assert driver.signal("Wout Later", youth, "De Buurtschool").status_code == 201
    (mail,) = eventually(lambda: told(driver, "Vera Eerder"), "a mail of the move")
    assert "bij Altra" in mail["tekst"]
    assert "Haarlem" not in mail["tekst"]
    eventually(lambda: len(told(driver, "coordinator-haarlem")) == coordinator + 1, "a mail to the coordinator")
    eventually(lambda: driver.mails("Wout Later"), "the mail of his match")
    assert told(driver, "Wout Later") == []
    assert len(told(driver, "Vera Eerder")) == 1
