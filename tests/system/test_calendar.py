"""The clock moves for everybody at once (D7). The last file by name that moves it far: it stays moved."""

import pytest
from driver import Driver

from platformkit.testing import eventually


@pytest.mark.system
@pytest.mark.timeout(120)
@pytest.mark.regel("R062", "R065", "D4")
def test_an_expired_signal_ends_its_match_and_blocks_no_new_one(driver: Driver) -> None:
    youth = "999995339"
    assert driver.signal("Tess Klok", youth, duur="P2W").status_code == 201
    assert driver.signal("Umut Klok", youth, "De Buurtschool").status_code == 201
    eventually(lambda: driver.matches("Tess Klok"), "the match")
    driver.later("3w")
    ended = eventually(lambda: [m for m in driver.matches("Tess Klok") if m["status"] == "beeindigd"], "its end")
    assert ended[0]["reden"] == "einddatum"
    mine = driver.http.get(driver.url("signaal", "/v1/signalen"), headers=driver.bearer("Tess Klok")).json()["items"]
    assert [signal["status"] for signal in mine] == ["inactief"]
    assert driver.signal("Tess Klok", youth).status_code == 201
