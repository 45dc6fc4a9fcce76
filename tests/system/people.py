"""People who work while something breaks, and afterwards the account of what became of each signal that was accepted."""

import asyncio
import itertools
import secrets
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx
from driver import Driver, eventually
from verslag import Verslag

ORGANISATIONS = ("Altra", "De Buurtschool")
LIMIT = 5.0
"""Seconds within which every POST is answered, whatever is away."""
PATIENCE = 120.0
"""Seconds within which all must be told after a fault: for a machine on which much else runs; the table tells how long."""
_COUPLES = 8
_PAUSE = 0.5
_AT_ONCE = 8
"""Requests that people have under way: who waits for an answer asks nothing else."""
_DATABASES = ("signaal", "match", "notificatie", "brp_proxy")
_FRESH = timedelta(seconds=15)


def _new_bsns() -> Iterator[str]:
    """Numbers that pass the eleven test; no official test person has them (those begin with 9999), nor an earlier run."""
    for number in itertools.count(10_000_000 + secrets.randbelow(80_000_000)):
        digits = f"{number:08d}"
        rest = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 1, -1), strict=True)) % 11
        if rest < 10:
            yield f"{digits}{rest}"


_bsns = _new_bsns()


def new_youth(driver: Driver) -> str:
    """The BSN of a youth without siblings whom nobody used before."""
    bsn = next(_bsns)
    person = {
        "burgerservicenummer": bsn,
        "geslacht": {"code": "V", "omschrijving": "vrouw"},
        "gemeenteVanInschrijving": {"code": "0363", "omschrijving": "Amsterdam"},
        "naam": {"voornamen": "Noor", "geslachtsnaam": "Storing", "volledigeNaam": "Noor Storing"},
        "geboorte": {"datum": {"type": "Datum", "datum": "2015-05-01", "langFormaat": "1 mei 2015"}},
    }
    control = driver.addresses["simulators"]["brp"].split("/haalcentraal")[0] + f"/_besturing/personen/{bsn}"
    driver.http.put(control, json=person).raise_for_status()
    return bsn


def rows(driver: Driver, database: str, query: str, *arguments: object) -> list[asyncpg.Record]:
    """What a superuser sees; row-level security shows the services' own roles less."""

    async def ask() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(superuser(driver, database), timeout=10)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    return asyncio.run(ask())


def superuser(driver: Driver, database: str) -> str:
    """The address of a database for the cluster's superuser."""
    return urlsplit(driver.addresses["postgres"]["superuser"])._replace(path=f"/{database}").geturl()


def mailbox(driver: Driver, since: datetime) -> list[dict[str, Any]]:
    """Every mail that the mail server took since then."""
    asked = {"sinds": since.isoformat(), "limiet": 10_000}
    return driver.http.get(f"{driver.addresses['mail']['inbox']}/api/berichten", params=asked).json()["items"]


@dataclass(frozen=True)
class Wish:
    """A signal that a professional wants to issue; repeated with the same key until it is accepted."""

    bsn: str
    name: str
    organisation: str
    key: str = field(default_factory=lambda: secrets.token_hex(8))


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


@dataclass
class Account:
    """What became of the accepted signals; `wrong` says in words what is missing or too much."""

    wrong: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    repeated: int = 0


@dataclass
class _Found:
    """What stands in the databases and the mailbox: references by signal, matches by youth, notifications by cause."""

    ref_of: dict[UUID, UUID]
    mails: Counter[str]
    persons: set[UUID] = field(default_factory=set)
    matches: dict[UUID, list[asyncpg.Record]] = field(default_factory=lambda: defaultdict(list))
    notifications: dict[UUID, list[asyncpg.Record]] = field(default_factory=lambda: defaultdict(list))

    def wrong_about(self, signals: list[UUID]) -> str | None:
        """What is missing or too much about one youth with these signals."""
        refs = {self.ref_of[id_] for id_ in signals if id_ in self.ref_of}
        if len(refs) != 1 or not set(signals) <= self.ref_of.keys():
            return f"{len(signals)} accepted, {sum(id_ in self.ref_of for id_ in signals)} stored on {len(refs)} refs"
        (ref,) = refs
        if ref not in self.persons:
            return "no person at brp-proxy"
        if len(signals) < 2:
            return None
        matches = self.matches[ref]
        if [(row["soort"], row["status"], {row["signaal_a"], row["signaal_b"]}) for row in matches] != [
            ("client", "actief", set(signals))
        ]:
            return f"matches: {[(row['soort'], row['status']) for row in matches]}"
        told = [row for id_ in signals for row in self.notifications[id_] if row["ontvanger_soort"] == "account"]
        came = [self.mails[str(row["id"])] for row in told]
        if len(told) != 2 or min(came) < 1 or any(row["status"] != "afgeleverd" for row in told):
            return f"{len(told)} of 2 are to be told, mails {came}"
        return None


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
        self._letters = self._dead_letters()
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
        eventually(lambda: len(self.answers) >= enough or None, "people to work on", 3 * seconds + 6 * LIMIT)
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
        eventually(lambda: None if self._not_alive() else True, "every process to live and to beat", 20)

    def _settled(self, within: float) -> Account:
        """The account once nothing is wrong with it, or as it is when the time is up."""
        seen = Account()

        def right() -> bool | None:
            nonlocal seen
            seen = asyncio.run(self.account())
            return None if seen.wrong else True

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
            bsn = youths.get(_notification(mail))
            if bsn in second:
                came = datetime.fromisoformat(mail["ontvangenOp"])
                found[bsn] = max(found.get(bsn, 0.0), (came - second[bsn]).total_seconds())
        return median(found.values())

    async def account(self) -> Account:
        """What became of each accepted signal, in every database and in the mailbox."""
        connections = {name: await asyncpg.connect(superuser(self._driver, name), timeout=10) for name in _DATABASES}
        try:
            return await self._account(connections)
        finally:
            for each in connections.values():
                await each.close()

    async def _account(self, at: dict[str, asyncpg.Connection]) -> Account:
        result = Account()
        ids = list(self.accepted.values())
        stored = await at["signaal"].fetch(
            "select id, persoon_ref from signaal where persoon_ref in"
            " (select persoon_ref from signaal where id = any($1)) and status = 'actief'",
            ids,
        )
        found = _Found(
            {row["id"]: row["persoon_ref"] for row in stored},
            mails=Counter(_notification(mail) for mail in mailbox(self._driver, self.begun)),
        )
        refs = list(set(found.ref_of.values()))
        query = "select persoon_ref from verwijzing where persoon_ref = any($1)"
        found.persons = {row["persoon_ref"] for row in await at["brp_proxy"].fetch(query, refs)}
        for row in await at["match"].fetch("select * from match where persoon_a = any($1)", refs):
            found.matches[row["persoon_a"]].append(row)
        query = "select id, oorzaak_id, ontvanger_soort, status from notificatie where oorzaak_id = any($1)"
        for row in await at["notificatie"].fetch(query, ids):
            found.notifications[row["oorzaak_id"]].append(row)

        if extra := found.ref_of.keys() - set(ids):
            result.wrong.append(f"{len(extra)} signals that nobody was told of")
        by_youth: dict[str, list[UUID]] = defaultdict(list)
        for wish, id_ in self.accepted.items():
            by_youth[wish.bsn].append(id_)
        for bsn, own in by_youth.items():
            if what := found.wrong_about(own):
                result.lost.add(bsn)
                result.wrong.append(f"youth ..{bsn[-4:]}: {what}")
        told = [row for each in found.notifications.values() for row in each]
        result.repeated = sum(max(0, found.mails[str(row["id"])] - 1) for row in told)
        result.wrong += await self._left_over(at)
        return result

    async def _left_over(self, at: dict[str, asyncpg.Connection]) -> list[str]:
        wrong = []
        for name, connection in at.items():
            if left := await connection.fetchval("select count(*) from outbox"):
                wrong.append(f"{left} rows in the outbox of {name}")
            letters = await connection.fetchval("select count(*) from dead_letter")
            if letters != self._letters[name]:
                wrong.append(f"{letters - self._letters[name]} dead letters in {name}")
        return wrong

    def _dead_letters(self) -> dict[str, int]:
        return {name: rows(self._driver, name, "select count(*) as n from dead_letter")[0]["n"] for name in _DATABASES}

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


def _notification(mail: dict[str, Any]) -> str:
    """The id of the notification that a mail is about: the left side of its Message-ID."""
    return str(mail.get("messageId") or "").strip("<>").partition("@")[0]
