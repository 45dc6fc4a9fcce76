"""What became of the signals that people were told are accepted: nothing lost, nothing too much."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
from driver import Driver
from readers import DATABASES
from stores import mailbox, notification_of, rows

from lokaal.testing import superuser


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


async def account(
    driver: Driver, accepted: Mapping[str, list[UUID]], since: datetime, letters: Mapping[str, int]
) -> Account:
    """Look in every database, and in the mail since a moment.

    Args:
        accepted: the signals by the BSN of their youth.
        letters: the dead letters by database that were there before.
    """
    connections = {
        name: await asyncpg.connect(superuser(driver.addresses["postgres"], name), timeout=10) for name in DATABASES
    }
    try:
        found = await _found(driver, connections, [id_ for own in accepted.values() for id_ in own], since)
        result = _judged(found, accepted)
        result.wrong += await _left_over(connections, letters)
        return result
    finally:
        for each in connections.values():
            await each.close()


async def _found(driver: Driver, at: Mapping[str, asyncpg.Connection], ids: list[UUID], since: datetime) -> _Found:
    stored = await at["signaal"].fetch(
        "select id, persoon_ref from signaal where persoon_ref in"
        " (select persoon_ref from signaal where id = any($1)) and status = 'actief'",
        ids,
    )
    found = _Found(
        {row["id"]: row["persoon_ref"] for row in stored},
        mails=Counter(notification_of(mail) for mail in mailbox(driver, since)),
    )
    refs = list(set(found.ref_of.values()))
    query = "select persoon_ref from verwijzing where persoon_ref = any($1)"
    found.persons = {row["persoon_ref"] for row in await at["brp_proxy"].fetch(query, refs)}
    for row in await at["match"].fetch("select * from match where persoon_a = any($1)", refs):
        found.matches[row["persoon_a"]].append(row)
    query = "select id, oorzaak_id, ontvanger_soort, status from notificatie where oorzaak_id = any($1)"
    for row in await at["notificatie"].fetch(query, ids):
        found.notifications[row["oorzaak_id"]].append(row)
    return found


def _judged(found: _Found, accepted: Mapping[str, list[UUID]]) -> Account:
    result = Account()
    if extra := found.ref_of.keys() - {id_ for own in accepted.values() for id_ in own}:
        result.wrong.append(f"{len(extra)} signals that nobody was told of")
    for bsn, own in accepted.items():
        if what := found.wrong_about(own):
            result.lost.add(bsn)
            result.wrong.append(f"youth ..{bsn[-4:]}: {what}")
    told = [row for each in found.notifications.values() for row in each]
    result.repeated = sum(max(0, found.mails[str(row["id"])] - 1) for row in told)
    return result


async def _left_over(at: Mapping[str, asyncpg.Connection], letters: Mapping[str, int]) -> list[str]:
    wrong = []
    for name, connection in at.items():
        if left := await connection.fetchval("select count(*) from outbox"):
            wrong.append(f"{left} rows in the outbox of {name}")
        found = await connection.fetchval("select count(*) from dead_letter")
        if found != letters[name]:
            wrong.append(f"{found - letters[name]} dead letters in {name}")
    return wrong


def dead_letters(driver: Driver) -> dict[str, int]:
    """How many there are by database."""
    return {name: rows(driver, name, "select count(*) as n from dead_letter")[0]["n"] for name in DATABASES}
