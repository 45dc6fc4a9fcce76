"""`python -m <service> dead-letters list|show|replay|drop`: the dead letters of a service, for an operator."""

import argparse
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from platformkit.clock import AMSTERDAM
from platformkit.messaging import inspection
from platformkit.messaging.consumer import Subscription
from platformkit.messaging.replay import DeadLetters, Fate, Filter, Letter, Replayed
from platformkit.service.commands import Command, operator, say
from platformkit.service.process import Process

_DONE = (Fate.HANDLED, Fate.DROPPED)


def command(module: str, subscriptions: Callable[[Process[Any]], Collection[Subscription]]) -> Command[Any]:
    """The command `dead-letters` of a service whose consumers are `subscriptions`."""

    async def run(process: Process[Any], words: Sequence[str]) -> int:
        parser = _parser(module)
        asked = parser.parse_args(words)
        if asked.verb == "replay" and bool(asked.ids) == asked.all:
            parser.error("replay: give ids, or --all (with filters or without)")
        if asked.verb == "drop" and not asked.yes:
            parser.error("drop: what was in the message is lost; add --yes when that is meant")
        letters, now = DeadLetters(process.executor, subscriptions(process)), process.clock.now()
        if asked.verb == "list":
            return _list(await letters.find(_filter(asked)), now, as_json=asked.json)
        if asked.verb == "show":
            return _show(await letters.find(Filter(), asked.ids), asked, now)
        if asked.verb == "replay":
            return await _replay(letters, asked)
        return _told([(each, await letters.drop(each, asked.by)) for each in asked.ids])

    return Command(run)


async def _replay(letters: DeadLetters, asked: argparse.Namespace) -> int:
    """One after the other, in the order of parking; stops when the database or another service is away."""
    found = [each.id for each in await letters.find(_filter(asked), asked.ids)]
    results = [(each, Replayed(Fate.GONE)) for each in asked.ids if each not in found]
    for each in found:
        results.append((each, await letters.replay(each, asked.by)))
        if results[-1][1].fate is Fate.AWAY:
            break
    return _told(results)


def _told(results: Sequence[tuple[UUID, Replayed]]) -> int:
    for letter_id, result in results:
        say(f"{letter_id}  {result.fate}{f': {result.error}' if result.error else ''}")
    done = sum(result.fate in _DONE for _, result in results)
    say(f"{done} of {len(results)} done.")
    return 0 if done == len(results) else 1


def _list(letters: Sequence[Letter], now: datetime, *, as_json: bool) -> int:
    told = [_summary(each, now) for each in letters]
    if as_json:
        say(json.dumps(told, indent=2))
        return 0
    for each in told:
        say(f"{each['id']}  {each['consumer']}  {each['place']}  parked {each['parkedAt']} ({each['age']} ago)")
        say(f"    {each['error']}; replayed {each['attempts']} times")
        say(f"    {each['type']}  subject {each['subject']}")
    say(f"{len(told)} dead letters.")
    return 0


def _show(letters: Sequence[Letter], asked: argparse.Namespace, now: datetime) -> int:
    told = [
        {**_summary(each, now), "envelope": inspection.envelope(each), "body": inspection.body(each)}
        for each in letters
    ]
    if asked.json:
        say(json.dumps(told, indent=2))
    else:
        for each in told:
            _print(each)
    missing = set(asked.ids) - {each.id for each in letters}
    for letter_id in sorted(missing):
        say(f"{letter_id}  {Fate.GONE}")
    return 1 if missing else 0


def _print(told: Mapping[str, object], indent: str = "") -> None:
    for name, value in told.items():
        if isinstance(value, Mapping):
            say(f"{indent}{name}:")
            _print(value, f"{indent}    ")
        else:
            say(f"{indent}{name}: {value}")


def _summary(letter: Letter, now: datetime) -> dict[str, str | int]:
    return {
        "id": str(letter.id),
        "consumer": letter.consumer,
        "place": f"{letter.topic}/{letter.partition}/{letter.offset}",
        "error": letter.error,
        "attempts": letter.attempts,
        "parkedAt": letter.parked_at.astimezone(AMSTERDAM).isoformat(timespec="seconds"),
        "age": _age(now, letter.parked_at),
        "type": inspection.kind(letter) or inspection.NOT_SHOWN,
        "subject": inspection.subject(letter) or inspection.NOT_SHOWN,
    }


def _age(now: datetime, then: datetime) -> str:
    minutes = max(0, int((now - then).total_seconds())) // 60
    days, minutes = divmod(minutes, 24 * 60)
    return f"{days} d {minutes // 60} h" if days else f"{minutes // 60} h {minutes % 60} min"


def _filter(asked: argparse.Namespace) -> Filter:
    return Filter(asked.consumer, asked.error, asked.since)


def _parser(module: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {module} dead-letters",
        description="Messages that could not be handled. Nothing of their content is ever shown: they may hold anything.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    which = argparse.ArgumentParser(add_help=False)
    which.add_argument("--consumer", help="of this consumer only, such as match.signaal")
    which.add_argument("--error", metavar="PART", help="whose kind of error contains this")
    which.add_argument(
        "--since", type=_moment, metavar="MOMENT", help="parked since, as 2026-11-22 or 2026-11-22T09:00 (Dutch time)"
    )
    form = argparse.ArgumentParser(add_help=False)
    form.add_argument("--json", action="store_true", help="for a program to read")
    who = operator()

    verbs.add_parser("list", parents=[which, form], help="what lies here, the oldest first")
    show = verbs.add_parser(
        "show", parents=[form], help="the form of some: headers of ours, which fields fit the contract"
    )
    replay = verbs.add_parser(
        "replay", parents=[which, who], help="hand them to their consumer again; what succeeds is gone"
    )
    replay.add_argument("--all", action="store_true", help="all that the filters leave, in the order of parking")
    drop = verbs.add_parser("drop", parents=[who], help="remove them unhandled; then let the owner republish")
    drop.add_argument("--yes", action="store_true", help="yes, the content may be lost")
    for verb, number in ((show, "+"), (replay, "*"), (drop, "+")):
        verb.add_argument("ids", nargs=number, type=UUID, metavar="ID")
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)
