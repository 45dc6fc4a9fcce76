"""kill -9 of each process at each step: nothing is lost, every effect is there once, a mail comes again once per kill.

One round kills every process at each of its points in turn. All work at the same time on traffic that was put before them:
first the end of the chain is stopped and a pair of signals sent, then what stands before that, and so on; so each process
finds work of its own when it comes back armed.
"""

import itertools
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from uuid import uuid4

import httpx
import pytest
from checks import ORGANISATIONS, Ledger, count, outboxes_empty, pair_of, signals_of
from driver import Driver
from readers import READERS
from stores import rows
from verslag import Verslag

from lokaal.services import SERVICES, Service
from lokaal.supervisor import StartError
from lokaal.system import PROCESSES
from platformkit.failpoints import POINTS
from platformkit.testing import eventually

_WRITES = ("executor.before_commit", "executor.after_commit")
_READS = ("consumer.before_commit", "consumer.after_commit", "consumer.before_offsets")
_TELLS = ("outbox.before_publish", "outbox.after_publish")
WRITES_NOTHING = {"notificatie-api": "it only says how it is"}
ENDS = "brp-proxy-jobs"
"""Here persons are marked and end: key, then row."""
MAILS = "notificatie-jobs"
"""Here the executor's commit is the note of what the mail server took."""
AFTER_SMTP_250 = ("delivery.after_send", "executor.before_commit")
"""Its points at which the server has a mail that is not noted: one comes again for each."""


def _points(service: Service, role: str) -> Sequence[str]:
    """Where a process is killed, in an order in which what a kill leaves makes it pass the next point."""
    name = f"{service.name}-{role}"
    if name in WRITES_NOTHING:
        return ()
    if name == MAILS:
        return ("delivery.before_send", "delivery.after_send", *_WRITES)
    if role == "consumer":
        reads = any(each.service == service.name for readers in READERS.values() for each in readers)
        return _READS if reads else ()
    if name == ENDS:
        return ("destroying.before_key", "destroying.after_key", *_WRITES)
    return {"api": _WRITES, "relay": _TELLS, "jobs": _WRITES}[role]


CASES: Mapping[str, Sequence[str]] = {
    f"{service.name}-{role}": points
    for service, role in itertools.product(SERVICES, PROCESSES)
    if (points := _points(service, role))
}
CHAIN = (
    ("notificatie-relay",),
    ("notificatie-consumer", MAILS),
    ("match-relay",),
    ("match-consumer", "brp-proxy-consumer", "signaal-consumer"),
    ("signaal-relay", "brp-proxy-relay"),
)
"""From its end on, what is stopped together when a pair has been told that far: each will find work of its own."""
POSTED, READ = ("signaal-api", "brp-proxy-api"), "match-api"
"""What people's requests kill: who issues, and who asks for his matches."""
SWEEPS = {"match-jobs", "signaal-jobs", "brp-proxy-jobs"}
"""What they do waits for a date."""
_PATIENCE = 600.0
"""Seconds for a process to meet its end: under `make soak` it may start while much else does."""
SHORT_LEASE = {"BEZORG_LEASE_SECONDEN": "3"}

YOUTHS = ("999995273", "999995285", "999995297", "999995303", "999995315")
SWEPT = "999995558"
LOAD = ("999996472", "999996484", "999996496", "999996514", "999996526", "999996629")


def test_every_process_finds_work_of_its_own_and_every_point_is_passed() -> None:
    assert {*itertools.chain(*CHAIN), *POSTED, READ} | SWEEPS == CASES.keys()
    assert {point for points in CASES.values() for point in points} == POINTS
    assert WRITES_NOTHING.keys() <= {f"{service.name}-{role}" for service in SERVICES for role in PROCESSES}


@pytest.mark.system
@pytest.mark.soak
@pytest.mark.timeout(3000)
def test_every_process_killed_at_every_step_loses_nothing(driver: Driver, soak: bool, verslag: Verslag) -> None:
    for passing in range(1, 6 if soak else 2):
        ledger = Ledger(driver)
        with _all_up_again(driver), _load(driver, per_second=5.0 if soak else 0.0):
            _kill_all(driver, ledger, passing)
        healed = time.monotonic()
        # Only the matches of the load end meanwhile.
        ledger.check(repeats=len(AFTER_SMTP_250), lapsed=len(AFTER_SMTP_250) if soak else 0)
        seconds = time.monotonic() - healed
        _report(verslag, CASES.keys() - SWEEPS, ledger, passing=passing, accepted=ledger.accepted, seconds=seconds)
        ledger.close_all()


@pytest.mark.system
@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_every_sweep_killed_at_every_step_ends_things_once(driver: Driver, soak: bool, verslag: Verslag) -> None:
    for _ in range(5 if soak else 1):
        ledger = Ledger(driver)
        with _all_up_again(driver):
            _kill_sweeps(driver, ledger, secrets.token_hex(2))
        accepted, healed = ledger.accepted, time.monotonic()
        # How the pair ended was checked.
        ledger.pairs.clear()
        ledger.check(repeats=0)
        _report(verslag, SWEEPS, ledger, passing=1, accepted=accepted, seconds=time.monotonic() - healed)


def _report(
    verslag: Verslag, processes: Collection[str], ledger: Ledger, *, passing: int, accepted: int, seconds: float
) -> None:
    """A line for each process and point. Which of the mails came again after which kill cannot be told: on the last."""
    for process in (each for each in CASES if each in processes):
        for point in CASES[process]:
            verslag.regel(
                f"kill -9 {process} {point}@{passing}",
                lengte=0,
                aanvaard=accepted,
                verloren=0,
                herhaald=ledger.repeated() if process == MAILS and point == AFTER_SMTP_250[-1] else 0,
                seconden=seconds,
            )


def _kill_all(driver: Driver, ledger: Ledger, passing: int) -> None:
    """Kill everything that is no sweep at each of its points, at the given passing."""
    youths, run = iter(YOUTHS), secrets.token_hex(2)

    def names(tag: str) -> tuple[str, str]:
        return f"Kill {run} {tag} een", f"Kill {run} {tag} twee"

    def pair(tag: str) -> None:
        ledger.pairs.append(pair_of(driver, names(tag), next(youths)))

    given_up = threading.Event()

    def kill(name: str) -> None:
        _kill_at_each(driver, name, f"@{passing}", given_up)

    _fill(driver, ledger, pair)
    # Before any is armed: to admit them is a request as well.
    for name, organisation in zip(names("api"), ORGANISATIONS, strict=True):
        driver.bearer(name, organisation)
    with ThreadPoolExecutor(len(CASES) + 1) as pool:
        try:
            # Nothing but the professionals' own requests comes in now, so that they are what is killed.
            unarmed = {name: _pid(driver, name) for name in POSTED}
            apis = [pool.submit(kill, name) for name in unarmed]
            for name, pid in unarmed.items():
                eventually(lambda name=name, pid=pid: _pid(driver, name) != pid, f"{name} armed", _PATIENCE)
            _all_of([*apis, pool.submit(pair, "api")])
            rest = [pool.submit(kill, name) for name in itertools.chain(*CHAIN)]
            reader = pool.submit(kill, READ)
            asked = ledger.pairs[0].names[0]
            eventually(lambda: _asked_until(driver, asked, reader.done), f"{READ} to die and rise", _PATIENCE, 0.3)
            _all_of([reader, *rest])
        finally:
            given_up.set()


def _all_of(works: Sequence[Future[None]]) -> None:
    """Wait for all of it; the first that fails is raised at once."""
    for done in wait(works, return_when=FIRST_EXCEPTION).done:
        done.result()


def _pid(driver: Driver, name: str) -> object:
    return driver.stack.addresses["processes"].get(name)


def _fill(driver: Driver, ledger: Ledger, pair: Callable[[str], None]) -> None:
    """Stop the chain from its end and put work before each part of it."""
    stages = iter(CHAIN)

    def stop() -> None:
        for name in next(stages):
            driver.stack.terminate(name)

    stop()
    pair("afgeleverd")
    eventually(lambda: count(driver, "notificatie", "outbox"), "delivered mails to be told", seconds=180, every=0.3)
    stop()
    pair("match")
    eventually(lambda: ledger.matched(ledger.pairs[-1]), "the match", seconds=180, every=0.3)
    eventually(lambda: outboxes_empty(driver, ["match"]), "the match to be told", seconds=180, every=0.3)
    stop()
    pair("gemaakt")
    eventually(lambda: ledger.matched(ledger.pairs[-1]), "the match", seconds=180, every=0.3)
    stop()
    pair("signaal")
    eventually(
        lambda: outboxes_empty(driver, ["signaal", "brp_proxy"]), "the signals to be told", seconds=180, every=0.3
    )
    stop()


def _kill_at_each(driver: Driver, name: str, passing: str, given_up: threading.Event) -> None:
    """Let a process run into each of its points, see that it died there by SIGKILL, and bring it up unarmed."""

    def ended() -> int | None:
        return 0 if given_up.is_set() else driver.stack.exit_code(name)

    log = driver.stack.log(name)
    for point in CASES[name]:
        begin = log.stat().st_size
        try:
            driver.stack.restart(name, {"FAILPOINTS": f"{point}=kill{passing}", **SHORT_LEASE})
        except StartError as error:
            # It found its work before it could say that it was ready.
            if "exit code -9" not in str(error):
                raise
        else:
            assert eventually(ended, f"{name} to die at {point}", _PATIENCE, 0.1) == -9
        with log.open("rb") as written:
            written.seek(begin)
            last = written.read().decode().splitlines()[-1]
        assert point in last, f"{name} died elsewhere than at {point}"
    driver.stack.restart(name)


def _asked_until(driver: Driver, name: str, done: Callable[[], bool]) -> bool:
    """Ask for somebody's matches until `done`, whatever comes of it."""
    with suppress(httpx.TransportError, AssertionError):
        driver.matches(name)
    return done()


def _kill_sweeps(driver: Driver, ledger: Ledger, tag: str) -> None:
    ledger.pairs.append(pair_of(driver, (f"Kill {tag} een", f"Kill {tag} twee"), SWEPT, duur="P2D"))
    pair = ledger.pairs[0]
    eventually(lambda: ledger.matched(pair), "the match")
    _leave_unconfirmed(driver)
    for name in SWEEPS:
        driver.stack.terminate(name)
    ledger.check(repeats=0)
    driver.later("2d")
    given_up = threading.Event()
    with ThreadPoolExecutor() as pool:
        leases = pool.submit(_kill_at_each, driver, ENDS, "", given_up)
        # First the matches': the end of the signals would end them, too.
        _kill_at_each(driver, "match-jobs", "", given_up)
        assert ledger.matches(pair) == [("beeindigd", "einddatum", 2)]
        _kill_at_each(driver, "signaal-jobs", "", given_up)
        leases.result()
    eventually(lambda: outboxes_empty(driver), "empty outboxes")
    told = ledger.told()
    assert [told.count((signal, "gedeactiveerd")) for signal in pair.signals] == [1, 1]
    assert sum(what == "beeindigd" for _, what in told) == 1
    assert sum(what == "vernietigd" for _, what in told) == 1


def _leave_unconfirmed(driver: Driver) -> None:
    """A reference that brp-proxy gave out and on which no signal follows, as when signaal ends in between."""
    query = (
        "with given as (insert into verwijzing values (gen_random_uuid(), 'jeugdige', decode(md5(random()::text), 'hex'), 1)"
        " returning persoon_ref)"
        " insert into persoon select persoon_ref, 1, '', (select max(vastgelegd_op) from persoon), false from given"
        " returning persoon_ref"
    )
    assert rows(driver, "brp_proxy", query)


@contextmanager
def _all_up_again(driver: Driver) -> Iterator[None]:
    """Whatever fails: the tests that follow find every process running, and unarmed."""
    try:
        yield
    except BaseException:
        with ThreadPoolExecutor() as pool:
            list(pool.map(driver.stack.restart, CASES))
        raise


@contextmanager
def _load(driver: Driver, per_second: float) -> Iterator[None]:
    """Signals that come and go meanwhile; at the end each that was accepted stands exactly once."""
    if not per_second:
        yield
        return
    stop = threading.Event()
    people = {f"Last {number}": (ORGANISATIONS[number % 2], LOAD[number % len(LOAD)]) for number in range(24)}
    with Driver(driver.stack) as own, ThreadPoolExecutor(1) as pool:
        for name, (organisation, _) in people.items():
            own.bearer(name, organisation)
        before = {name: set(signals_of(driver, name)) for name in people}
        working = pool.submit(_come_and_go, own, people, per_second, stop)
        try:
            yield
        finally:
            stop.set()
        for name, ids in working.result().items():
            stored = set(signals_of(driver, name)) - before[name]
            # At most the one whose answer got lost at the very end.
            assert len(stored - ids) <= 1, f"signals of {name}"
            assert not ids - stored, f"signals of {name}"


def _come_and_go(
    driver: Driver, people: Mapping[str, tuple[str, str]], per_second: float, stop: threading.Event
) -> dict[str, set[str]]:
    """Let people in turn issue a signal and close it; by name what was accepted."""
    accepted: dict[str, set[str]] = {name: set() for name in people}
    is_open: dict[str, str] = {}
    keys: dict[str, str] = {}
    for name, (organisation, youth) in itertools.cycle(people.items()):
        if stop.wait(1 / per_second):
            break
        with suppress(httpx.TransportError):
            if name in is_open:
                if driver.close_signal(name, is_open[name], organisation).status_code in {200, 201, 204, 409}:
                    del is_open[name]
                continue
            # An answer that got lost is asked for again with the same key.
            answer = driver.signal(name, youth, organisation, key=keys.setdefault(name, str(uuid4())))
            if answer.status_code == 201:
                del keys[name]
                is_open[name] = answer.json()["signaalId"]
                accepted[name].add(is_open[name])
    # All is up again; the next load begins with youths on whom nobody has a signal.
    for name, signal in is_open.items():
        driver.close_signal(name, signal, people[name][0])
    return accepted
