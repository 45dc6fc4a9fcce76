"""Processes come and go while people work: nothing accepted is lost, nothing is told twice."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from driver import Driver

from platformkit.testing import eventually

YOUTHS = ["999995273", "999995285", "999995297", "999995303", "999995315", "999995327"]


def _pair(driver: Driver, bsn: str, tag: str) -> tuple[str, str]:
    names = (f"Stop {tag} een", f"Stop {tag} twee")
    for name, organisation in zip(names, ("Altra", "De Buurtschool"), strict=True):
        answer = driver.signal(name, bsn, organisation)
        assert answer.status_code == 201, answer.text
    return names


def _one_mail_each(driver: Driver, names: tuple[str, str]) -> None:
    for name in names:
        eventually(lambda name=name: driver.mails(name), f"a mail to {name}", seconds=45)
        assert len(driver.mails(name)) == 1


@pytest.mark.system
@pytest.mark.timeout(180)
def test_sigterm_of_every_worker_and_a_new_one_loses_nothing(driver: Driver) -> None:
    workers = [name for name in driver.stack.names if name.endswith(("-relay", "-consumer", "-jobs"))]
    with ThreadPoolExecutor() as pool:
        signals = pool.submit(_pair, driver, YOUTHS[0], "sigterm")
        for name in workers:
            driver.stack.signal(name, signal.SIGTERM)
        names = signals.result()
    for name in workers:
        eventually(lambda name=name: not driver.stack.alive(name), f"{name} to stop", seconds=40)
        assert '"process_stopped"' in driver.stack.log(name).read_text(), f"{name} did not stop gracefully"
    with ThreadPoolExecutor() as pool:
        list(pool.map(driver.stack.restart, workers))
    _one_mail_each(driver, names)


@pytest.mark.system
@pytest.mark.timeout(120)
@pytest.mark.regel("D11")
def test_without_redis_nothing_is_accepted_and_afterwards_it_is(driver: Driver) -> None:
    driver.bearer("Stop redis een")
    driver.stack.kill("redis")
    try:
        refused = driver.signal("Stop redis een", YOUTHS[2])
        assert (refused.status_code, refused.json()["code"]) == (503, "tijdelijk-niet-beschikbaar")
        assert refused.headers["retry-after"]
    finally:
        driver.stack.restart("redis")
    eventually(lambda: driver.signal("Stop redis een", YOUTHS[2]).status_code == 201, "a signal again")
