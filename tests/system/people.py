"""People who work while something breaks, and ask afterwards what became of each signal that was accepted."""

import asyncio
import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Self
from uuid import UUID, uuid4

import httpx
from account import Account, account, dead_letters
from driver import Driver
from stores import mailbox, notification_of, rows
from verslag import Verslag
from youths import new_youth

from platformkit.testing import eventually

ORGANISATIONS = ("Altra", "De Buurtschool")
LIMIT = 5.0
"""Seconds within which every POST is answered, whatever is away."""
PATIENCE = 120.0
"""Seconds within which all must be told after a fault: for a machine on which much else runs; the table tells how long."""
_COUPLES = 24
"""So many that nobody passes his budget of requests, also when all who were refused in a long fault try again at once."""
_PAUSE = 0.5
_AT_ONCE = 8
"""Requests that people have under way: who waits for an answer asks nothing else."""
_FRESH = timedelta(seconds=15)


@dataclass(frozen=True)
class Wish:
    """A signal that a professional wants to issue; repeated with the same key until it is accepted."""

    bsn: str
    name: str
    organisation: str
    key: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True)
class Answer:
    """What a POST gave: status 0 when there was no HTTP answer. `at` is when it came, `seconds` how long it took."""

    wish: Wish
    status: int
    seconds: float
    at: datetime
    body: dict[str, Any]
    retry_after: str | None

    def proper(self, limit: float) -> bool:
        """201, or a problem that says: not now, try again then; in time."""
        refused = self.status == 503 and self.body.get("code") and (self.retry_after or "").isdigit()
        return bool(self.status == 201 or refused) and self.seconds < limit


class People:
    """Couples of professionals who each issue a signal on a youth of their own, `rate` signals a second.

    Use as a context around the fault: `work` before, during and after it, `over` when it has healed. At the end
    everybody who was refused tries again, as a person would, and `account` looks what became of all.

    Args:
        apart: processes that the fault is about; all others must have lived through it.
    """

    def __init__(self, driver: Driver, *, rate: float = 2.0, apart: tuple[str, ...] = ()) -> None:
        self._driver = driver
        self._rate = rate
        self._apart = apart
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE)
        self._free = threading.Semaphore(_AT_ONCE)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._running: list[Future[None]] = []
        self.begun = datetime.now(UTC)
        self._over = 0.0
        self._healthy = 0
        self.answers: list[Answer] = []
        self._http = httpx.Client(timeout=4 * LIMIT, trust_env=False, limits=httpx.Limits(max_connections=64))

    def __enter__(self) -> Self:
        # Accounts are made before the fault: what is under test is issuing.
        for couple in range(_COUPLES):
            for name, organisation in _couple(couple):
                self._driver.bearer(name, organisation)
        self._letters = dead_letters(self._driver)
        self._pids = {name: each["pid"] for name, each in self._driver.addresses["processes"].items()}
        self.begun = datetime.now(UTC)
        self._over = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.rest()
        self._pool.shutdown()
        self._http.close()

    def work(self, seconds: float) -> None:
        """Let them go on for this long: until that many more requests have been answered. The first time nothing is wrong."""
        enough = len(self.answers) + max(1, round(seconds * self._rate))
        eventually(lambda: len(self.answers) >= enough, "people to work on", 3 * seconds + 6 * LIMIT)
        self._healthy = self._healthy or len(self.answers)

    def over(self) -> None:
        """The fault has healed: from here on counts how long it takes until all is told."""
        self._over = time.monotonic()

    def rest(self) -> None:
        """Stop; everybody who was refused tries again until it works."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        for each in self._running:
            each.result()

    def again(self, seconds: float = PATIENCE) -> None:
        """Everybody who was refused tries again with the same key until it is accepted."""
        until = time.monotonic() + seconds
        for wish in self.waiting:
            while (answer := self._post(wish)).status != 201:
                assert answer.status in {0, 503}, (answer.status, answer.body)
                assert time.monotonic() < until, f"still refused: {answer.status} {answer.body.get('code')}"
                time.sleep(_PAUSE)  # who is refused does not ask again at once

    @property
    def accepted(self) -> dict[Wish, UUID]:
        """The ids of the accepted signals."""
        return {each.wish: UUID(each.body["signaalId"]) for each in list(self.answers) if each.status == 201}

    @property
    def refused(self) -> int:
        """How many requests were answered with 503."""
        return sum(each.status == 503 for each in list(self.answers))

    @property
    def waiting(self) -> list[Wish]:
        """What was asked for and not yet accepted."""
        return list(dict.fromkeys(each.wish for each in list(self.answers) if each.wish not in self.accepted))

    def proper(self) -> None:
        """Every answer was a 201 or a clear 503, in time: what it takes when nothing is wrong comes on top."""
        limit = LIMIT + max(each.seconds for each in self.answers[: self._healthy])
        bad = [
            (each.status, each.body.get("code"), round(each.seconds, 1))
            for each in self.answers
            if not each.proper(limit)
        ]
        assert not bad, f"{len(bad)} of {len(self.answers)} answers are no 201 and no clear 503 in time: {bad[:5]}"

    def told(
        self,
        verslag: Verslag,
        storing: str,
        lengte: float,
        *,
        within: float = PATIENCE,
        opmerking: Callable[[], str] = str,
    ) -> None:
        """Wait until all is told, write the line of the fault table, and fail when something is lost or too much.

        `opmerking` is asked when all has been told.
        """
        self.rest()
        self.again()
        account = self._settled(within)
        seconds = time.monotonic() - self._over
        refused = f"{self.refused} x 503" if self.refused else ""
        verslag.regel(
            storing,
            lengte=lengte,
            aanvaard=len(self.accepted),
            verloren=len(account.lost),
            herhaald=account.repeated,
            seconden=seconds,
            opmerking=", ".join(filter(None, (refused, opmerking()))),
        )
        assert not account.wrong, "\n".join(account.wrong)
        assert not account.repeated, f"{account.repeated} mails were repeated"
        self.proper()
        eventually(lambda: not self._not_alive(), "every process to live and to beat", 20)

    def _settled(self, within: float) -> Account:
        """The account once nothing is wrong with it, or as it is when the time is up."""
        seen = Account()

        def right() -> bool:
            nonlocal seen
            seen = asyncio.run(self.account())
            return not seen.wrong

        with suppress(AssertionError):
            eventually(right, "all to be told", within)
        return seen

    def latency(self, since: datetime, before: datetime | None = None) -> float:
        """Median of the seconds from the answer on a couple's second signal to the last mail about it."""
        second: dict[str, datetime] = {}
        for each in self.answers:
            if each.status == 201 and each.at >= since and (before is None or each.at < before):
                second[each.wish.bsn] = max(each.at, second.get(each.wish.bsn, each.at))
        per_signal = {id_: wish.bsn for wish, id_ in self.accepted.items()}
        told = rows(
            self._driver,
            "notificatie",
            "select id, oorzaak_id from notificatie where oorzaak_id = any($1) and ontvanger_soort = 'account'",
            list(per_signal),
        )
        youths = {str(row["id"]): per_signal[row["oorzaak_id"]] for row in told}
        found: dict[str, float] = {}
        for mail in mailbox(self._driver, self.begun):
            bsn = youths.get(notification_of(mail))
            if bsn in second:
                came = datetime.fromisoformat(mail["ontvangenOp"])
                found[bsn] = max(found.get(bsn, 0.0), (came - second[bsn]).total_seconds())
        return median(found.values())

    async def account(self) -> Account:
        """What became of each accepted signal, in every database and in the mailbox."""
        by_youth: dict[str, list[UUID]] = defaultdict(list)
        for wish, id_ in self.accepted.items():
            by_youth[wish.bsn].append(id_)
        return await account(self._driver, by_youth, self.begun, self._letters)

    def _not_alive(self) -> list[str]:
        """Processes of ours that are gone, were started anew or do not beat."""
        bad = []
        for name, each in self._driver.addresses["processes"].items():
            if name in self._apart:
                continue
            beat = Path(each["heartbeat"]).stat().st_mtime if each.get("heartbeat") else time.time()
            stale = time.time() - beat > _FRESH.total_seconds()
            if each["pid"] != self._pids.get(name) or stale or not self._driver.stack.alive(name):
                bad.append(name)
        return bad

    def _run(self) -> None:
        bsn = ""
        for number in itertools.count():
            if self._stop.wait(1 / self._rate):
                return
            self._free.acquire()
            couple, which = divmod(number, 2)
            if which == 0:
                bsn = new_youth(self._driver)
            name, organisation = _couple(couple % _COUPLES)[which]
            self._running.append(self._pool.submit(self._post_and_drop, Wish(bsn, name, organisation)))

    def _post_and_drop(self, wish: Wish) -> None:
        try:
            self._post(wish)
        finally:
            self._free.release()

    def _post(self, wish: Wish) -> Answer:
        headers = {**self._driver.bearer(wish.name, wish.organisation), "Idempotency-Key": wish.key}
        url = self._driver.url("signaal", "/v1/signalen")
        begin = time.monotonic()
        try:
            got = self._http.post(url, json={"bsn": wish.bsn, "duur": "P1Y"}, headers=headers)
            is_json = "json" in got.headers.get("content-type", "")
            status, body, after = got.status_code, got.json() if is_json else {}, got.headers.get("retry-after")
        except httpx.HTTPError as error:
            status, body, after = 0, {"code": type(error).__name__}, None
        answer = Answer(wish, status, time.monotonic() - begin, datetime.now(UTC), body, after)
        self.answers.append(answer)
        return answer


def _couple(number: int) -> tuple[tuple[str, str], tuple[str, str]]:
    first, second = ORGANISATIONS
    return (f"Storing {number} een", first), (f"Storing {number} twee", second)
