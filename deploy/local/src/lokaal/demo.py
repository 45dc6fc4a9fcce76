"""`make demo`: the main path as a story. Three professionals signal; a client match, a family match and mails follow.

Everything goes through the front doors: bearer tokens, the public APIs, the mail server's inbox, the trace viewer.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.tree import Tree

from lokaal import paths, traces
from lokaal.__main__ import kept, start
from lokaal.token import TokenError, slug, token
from platformkit.testing import eventually

console = Console(highlight=False, soft_wrap=True)
_PATIENCE = 30.0


@dataclass(frozen=True)
class Person:
    """Who plays in the story."""

    name: str
    organisation: str

    @property
    def mailbox(self) -> str:
        """The person's address in the local inbox."""
        return f"{slug(self.name)}@postvak.test"


# Official test persons of the BRP: two half-siblings who share one parent.
YOUTH, HALF_SIBLING = "999970021", "999970033"
TEACHER = Person("Sanne Bakker", "De Buurtschool")
CARER = Person("Omar Aydin", "Altra")
POLICE = Person("Joke Visser", "Politie Eenheid Amsterdam")


def main() -> int:
    """Start the stack, tell the story, run until Ctrl-C. 0 when the story came out, 1 when it did not."""
    stack = start(paths.run_dir())
    if stack is None:
        return 1
    with kept(stack):
        try:
            with httpx.Client(timeout=10, trust_env=False) as http:
                _Story(http, stack.addresses).tell()
            _where_to_look(stack.addresses)
            signal.pause()
        except (StoryError, TokenError, httpx.HTTPError) as error:
            console.print(f"[red]The story stopped: {error}[/]")
            return 1
        finally:
            console.print("\nStopping the stack ...")
    return 0


class StoryError(RuntimeError):
    """Something did not happen in time, or an API refused."""


class _Story:
    def __init__(self, http: httpx.Client, addresses: dict[str, Any]) -> None:
        self._http = http
        self._addresses = addresses
        self._tokens: dict[tuple[str, str], str] = {}

    def tell(self) -> None:
        console.rule("[bold]A signal becomes a match becomes a mail")
        self._admit(TEACHER, CARER, POLICE)
        self._signal(TEACHER, YOUTH, "a youth of the official test persons")
        self._signal(CARER, YOUTH, "the same youth")
        self._matches(TEACHER, 1)
        self._signal(POLICE, HALF_SIBLING, "a half-sibling: one shared parent in the BRP")
        self._matches(POLICE, 2)
        first, *_ = self._mails(TEACHER, CARER, POLICE)
        self._trace(first)

    def _admit(self, *persons: Person) -> None:
        console.print("\n[bold]1. Three professionals are admitted[/], each with an account and a mailbox")
        stack_json = paths.run_dir() / "stack.json"
        for person in persons:
            for api in ("signaal", "match"):
                self._tokens[person.name, api] = token(
                    stack_json, person.name, "professional", person.organisation, api=api
                )
            console.print(f"   {person.name}, {person.organisation}")

    def _signal(self, person: Person, bsn: str, about: str) -> None:
        console.print(f"\n[bold]{person.name} signals on {about}[/]: only a BSN and a duration, never why")
        answer = self._http.post(
            f"{self._addresses['apis']['signaal']}/v1/signalen",
            json={"bsn": bsn, "duur": "P1Y"},
            headers={
                "Authorization": f"Bearer {self._tokens[person.name, 'signaal']}",
                "Idempotency-Key": str(uuid4()),
            },
        )
        body = answer.json()
        if answer.status_code != httpx.codes.CREATED:
            raise StoryError(f"{answer.status_code} {body.get('code')}: {body.get('detail')}")
        console.print(f"   201  signal {body['signaalId']}  {body['status']}  until {body['einddatum']}")

    def _matches(self, person: Person, count: int) -> None:
        console.print(f"\n[bold]{person.name} looks at the matches[/]")
        url = f"{self._addresses['apis']['match']}/v1/matches"
        headers = {"Authorization": f"Bearer {self._tokens[person.name, 'match']}"}

        def found() -> list[dict[str, Any]] | None:
            items: list[dict[str, Any]] = self._http.get(url, headers=headers).json().get("items", [])
            return items if len(items) >= count else None

        for match in _seen(found, f"{count} match(es) of {person.name}"):
            partner = match["partner"]
            kind = {"client": "client match", "gezin": "family match"}[match["soort"]]
            console.print(f"   {kind}  with {partner['naam']} of {partner['organisatie']} <{partner['email']}>")

    def _mails(self, *persons: Person) -> list[dict[str, Any]]:
        console.print("\n[bold]The mail server received[/]")
        url = f"{self._addresses['mail']['inbox']}/api/berichten"

        def arrived() -> list[dict[str, Any]] | None:
            items: list[dict[str, Any]] = self._http.get(url).json()["items"]
            boxes = {box for mail in items for box in mail["aan"]}
            return items if boxes >= {person.mailbox for person in persons} else None

        mails = sorted(_seen(arrived, "a mail for everybody"), key=lambda mail: int(mail["nummer"]))
        for mail in mails:
            console.print(f"   to {', '.join(mail['aan']):<42} {mail['onderwerp']}")
        return mails

    def _trace(self, mail: dict[str, Any]) -> None:
        console.print("\n[bold]One trace[/], from the POST of the second signal to the answer of the mail server")
        viewer = self._addresses["traces"]

        def complete() -> list[dict[str, Any]] | None:
            trace = traces.of_mail(viewer, mail["messageId"])
            spans: list[dict[str, Any]] = self._http.get(f"{viewer}/api/v2/trace/{trace}").json() if trace else []
            ids = {span["id"] for span in spans}
            # Only the first span has no parent.
            whole = sum(span.get("parentId") not in ids for span in spans) == 1
            return spans if whole and any(span["name"] == "email send" for span in spans) else None

        spans = _seen(complete, "the trace in the viewer")
        console.print(_tree(spans))
        console.print(f"   Look at it: {traces.page(viewer, spans[0]['traceId'])}")


def _tree(spans: list[dict[str, Any]]) -> Tree:
    """The spans of services as a tree; statements of databases are left to the viewer."""
    shown = {span["id"]: span for span in spans if span.get("kind") or span["name"] == "email send"}
    parents = {span["id"]: span.get("parentId") for span in spans}
    begin = min(span["timestamp"] for span in spans)
    tree = Tree("   trace")
    nodes: dict[str, Tree] = {}

    def node(id_: str | None) -> Tree:
        while id_ is not None and id_ not in shown:
            id_ = parents.get(id_)
        if id_ is None:
            return tree
        if id_ not in nodes:
            span = shown[id_]
            service = span.get("localEndpoint", {}).get("serviceName", "")
            after = (span["timestamp"] - begin) / 1000
            label = f"{service:<12} {span['name']}  [dim]+{after:.0f} ms, {span.get('duration', 0) / 1000:.1f} ms[/]"
            nodes[id_] = node(parents.get(id_)).add(label)
        return nodes[id_]

    for id_ in _in_time(shown):
        if not shown[id_].get("tags", {}).get("db.system"):
            node(id_)
    return tree


def _in_time(spans: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield from sorted(spans, key=lambda id_: int(spans[id_]["timestamp"]))


def _seen(probe: Callable[[], list[dict[str, Any]] | None], what: str) -> list[dict[str, Any]]:
    try:
        return eventually(probe, what, _PATIENCE, every=0.1)
    except AssertionError as error:
        raise StoryError(str(error)) from None


def _where_to_look(addresses: dict[str, Any]) -> None:
    console.rule("[bold]Where to look")
    console.print(f"   mails     {addresses['mail']['inbox']} (each with a link to its trace)")
    console.print(f"   traces    {addresses['traces']}/zipkin/")
    console.print(f"   addresses {paths.run_dir() / 'stack.json'}")
    console.print("   a token   make token PROFESSIONAL='Uw Naam' ORGANISATIE=Altra")
    console.print("   the clock make klok PLUS=1j")
    console.print("\nThe stack keeps running until you press Ctrl-C.")
