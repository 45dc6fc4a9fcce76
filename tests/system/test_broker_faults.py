"""Kafka goes away while people work: everything is accepted meanwhile, and afterwards everything is told once."""

import pytest
from driver import Driver
from people import People
from stores import rows
from verslag import Verslag

from platformkit.testing import eventually

pytestmark = [pytest.mark.system, pytest.mark.soak]


@pytest.mark.timeout(600)
def test_a_broker_killed_and_away_loses_nothing(healed: Driver, verslag: Verslag, soak: bool) -> None:
    length = 180.0 if soak else 20.0
    with People(healed, apart=("kafka",)) as people:
        people.work(2)
        healed.stack.kill("kafka")
        people.work(length)
        healed.stack.restart("kafka")
        people.over()
        people.work(2)
        people.told(verslag, "Kafka killed (SIGKILL) and away", length)
    # The outbox is there for this: the broker is nobody's reason to refuse a signal.
    assert people.refused == 0


@pytest.mark.timeout(240)
def test_a_restarted_broker_loses_nothing(healed: Driver, verslag: Verslag) -> None:
    with People(healed, apart=("kafka",)) as people:
        people.work(1)
        healed.stack.restart("kafka")
        people.over()
        people.work(1)
        people.told(verslag, "Kafka restarted (SIGTERM)", 0)
    assert people.refused == 0


@pytest.mark.timeout(240)
@pytest.mark.regel("D1")
def test_no_person_is_lost_when_the_broker_is_away_past_the_lease(healed: Driver, verslag: Verslag) -> None:
    """brp-proxy hears of no signal for 15 minutes and asks; only a plain "no signal" may let the reference go."""
    with People(healed, apart=("kafka", "signaal-api")) as people:
        healed.stack.kill("kafka")
        people.work(3)
        people.rest()
        healed.stack.kill("signaal-api")
        seen = _waits(healed)
        healed.later("16m")
        eventually(lambda: _waits(healed) > seen, "brp-proxy to ask a signaal that is away", 40)
        assert _leases(healed, people) == (len(_refs(healed, people)), 0), "kept, and not yet confirmed"
        healed.stack.restart("signaal-api")
        eventually(lambda: _answers(healed), "signaal to answer brp-proxy", 40)
        kept = len(_refs(healed, people))
        assert _leases(healed, people) == (kept, 0), "kept, and not confirmed while what tells of the signals is late"
        healed.stack.restart("kafka")
        eventually(lambda: _leases(healed, people) == (kept, kept), "what was late to confirm every lease", 60)
        people.over()
        people.told(verslag, "Kafka away past the lease, signaal-api too", 16 * 60, opmerking=lambda: "domain clock")
    assert people.refused == 0


def _waits(driver: Driver) -> int:
    return sum(
        '"job_waits"' in line and "leases" in line
        for line in driver.stack.log("brp-proxy-jobs").read_text().splitlines()
    )


def _answers(driver: Driver) -> float:
    """How often signaal has told whether there is a signal on somebody, since it was started."""
    return sum(
        each.value
        for each in driver.metrics("signaal-api")
        if each.name == "http_server_request_duration_seconds_count"
        and each.labels["http_route"].endswith("/signalen/bestaan")
        and each.labels["http_response_status_code"] == "200"
    )


def _refs(driver: Driver, people: People) -> list[object]:
    found = rows(
        driver, "signaal", "select distinct persoon_ref from signaal where id = any($1)", list(people.accepted.values())
    )
    return [row["persoon_ref"] for row in found]


def _leases(driver: Driver, people: People) -> tuple[int, int]:
    """How many of the youths brp-proxy still knows, and how many of their leases are confirmed."""
    known = rows(
        driver, "brp_proxy", "select bevestigd from persoon where persoon_ref = any($1)", _refs(driver, people)
    )
    return len(known), sum(row["bevestigd"] for row in known)
