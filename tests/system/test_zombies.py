"""A consumer or relay that is paused until another has taken over, and then wakes up late: it does no harm."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from checks import Ledger, outboxes_empty, pair_of
from driver import Driver
from stores import rows
from verslag import Verslag

from platformkit.testing import eventually

CONSUMED, RELAYED, LATER = "999995327", "999995340", "999995352"


@contextmanager
def _frozen(driver: Driver, name: str, point: str) -> Iterator[Future[float]]:
    """Stop `name` in the middle of a pause at `point`, as soon as it gets there: when that was. In the end it runs on."""
    log = driver.stack.log(name)
    begin = log.stat().st_size
    driver.stack.restart(name, {"FAILPOINTS": f"{point}=pause:5"})

    def arrived() -> bool:
        return point in log.read_bytes()[begin:].decode()

    def freeze() -> float:
        eventually(arrived, f"{name} at {point}", seconds=180)
        driver.stack.signal(name, signal.SIGSTOP)
        return time.monotonic()

    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool.submit(freeze)
        finally:
            driver.stack.signal(name, signal.SIGCONT)
            driver.stack.restart(name)


def _report(verslag: Verslag, fault: str, frozen: float, ledger: Ledger) -> None:
    verslag.regel(
        fault,
        lengte=time.monotonic() - frozen, aanvaard=ledger.accepted, verloren=0, herhaald=ledger.repeated(), seconden=0,
        opmerking="another took over",
    )  # fmt: skip


@pytest.mark.system
@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_consumer_that_wakes_up_after_another_took_over_repeats_nothing(driver: Driver, verslag: Verslag) -> None:
    ledger = Ledger(driver)
    with _frozen(driver, "match-consumer", "consumer.before_commit") as freezing:
        ledger.pairs.append(pair_of(driver, ("Zombie een", "Zombie twee"), CONSUMED))
        frozen = freezing.result()
        second = driver.stack.copy("match-consumer")
        try:
            # It waits for the locks of the other until the database ends a transaction that stands still (a minute);
            # in the second in which both want to go on, one of them has to lose.
            eventually(lambda: _waits_for_a_lock(driver), f"{second} to stand before the lock", seconds=180, every=0.3)
            _end_standing_transactions(driver)
            eventually(lambda: ledger.matched(ledger.pairs[0]), "the match", seconds=180, every=0.3)
            driver.stack.signal("match-consumer", signal.SIGCONT)
            ledger.check(repeats=0)
        finally:
            driver.stack.terminate(second)
    _report(verslag, "SIGSTOP match-consumer in a transaction", frozen, ledger)


def _waits_for_a_lock(driver: Driver) -> bool:
    query = "select 1 from pg_stat_activity where datname = 'match' and wait_event_type = 'Lock'"
    return bool(rows(driver, "match", query))


def _end_standing_transactions(driver: Driver) -> None:
    """What idle_in_transaction_session_timeout does after a minute."""
    query = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = 'match' and state = 'idle in transaction'"
    )
    rows(driver, "match", query)


_KNOWN = "select status from match_stand where match_id = $1"


@pytest.mark.system
@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_relay_that_wakes_up_after_its_lease_removes_nothing(driver: Driver, verslag: Verslag) -> None:
    ledger = Ledger(driver)
    name = "match-relay"
    with _frozen(driver, name, "outbox.before_publish") as freezing:
        ledger.pairs.append(pair_of(driver, ("Zombie drie", "Zombie vier"), RELAYED))
        frozen = freezing.result()
        second = driver.stack.copy(name)
        try:
            eventually(
                lambda: outboxes_empty(driver, ["match"]), "the second relay to take over", seconds=180, every=0.3
            )
            assert driver.close_signal("Zombie drie", ledger.pairs[0].signals[0]).is_success
            eventually(lambda: ledger.matches(ledger.pairs[0])[0][0] == "beeindigd", "the end of the match")
            eventually(lambda: outboxes_empty(driver, ["match"]), "the end to be told", seconds=180, every=0.3)
            before, match, pair = ledger.copies("match"), ledger.match_id(ledger.pairs[0]), ledger.pairs[0]

            def known() -> list[str]:
                return [row[0] for row in rows(driver, "notificatie", _KNOWN, match)]

            eventually(lambda: known() == ["beeindigd"], "notificatie to know the end")
            driver.stack.signal(name, signal.SIGCONT)
            eventually(lambda: ledger.copies("match") > before, "the late relay to repeat what it held")
            # Its late begin comes after the end, and changes nothing; what comes now is told once.
            ledger.pairs[:] = [pair_of(driver, ("Zombie vijf", "Zombie zes"), LATER)]
            ledger.check(repeats=0)
            assert ledger.matches(pair) == [("beeindigd", "signaal-gedeactiveerd", 2)]
            assert known() == ["beeindigd"]
        finally:
            driver.stack.terminate(second)
    _report(verslag, "SIGSTOP match-relay past its lease", frozen, ledger)
