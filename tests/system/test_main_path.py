"""A signal becomes a match becomes a mail, on real processes; the persons are official test persons."""

import json
import os
import re
import subprocess
import urllib.request
from typing import Any
from uuid import uuid4

import pytest
from driver import Driver
from youths import new_youth

from lokaal.paths import ROOT
from platformkit.testing import eventually

TWIN, OTHER_TWIN = "999995881", "999995893"
YOUTH, HALF_SIBLING = "999970021", "999970033"


@pytest.mark.system
@pytest.mark.regel("R080", "R088", "R100", "R102", "R122")
def test_two_signals_on_one_youth_give_a_client_match_and_two_mails(driver: Driver) -> None:
    first = driver.signal("Anna Een", YOUTH, "Altra")
    second = driver.signal("Bram Een", YOUTH, "De Buurtschool")
    assert (first.status_code, second.status_code) == (201, 201), (first.text, second.text)

    match = eventually(lambda: next(iter(driver.matches("Anna Een")), None), "a match of Anna")
    assert match["soort"] == "client"
    assert match["partner"]["naam"] == "Bram Een"
    assert match["eigenSignaalId"] == first.json()["signaalId"]
    for name in ("Anna Een", "Bram Een"):
        mail = eventually(lambda name=name: next(iter(driver.mails(name)), None), f"a mail to {name}")
        assert len(driver.mails(name)) == 1
        # R104: no content, so nothing that could be a number of anything or anybody, but the day of the own signal (D18).
        text, own = re.subn(r"- uw signaal van \d+ \w+ \d{4} bij (Altra|De Buurtschool)", "", mail["tekst"])
        assert own == 1
        assert not re.search(r"\d", text.replace(str(mail.get("messageId")), ""))


@pytest.mark.system
@pytest.mark.regel("R082", "R084", "C16")
def test_a_half_sibling_gives_a_family_match_that_shows_nothing_of_the_other_youth(driver: Driver) -> None:
    own = driver.signal("Carla Twee", YOUTH, "Altra").json()
    other = driver.signal("Daan Twee", HALF_SIBLING, "De Buurtschool").json()
    match = eventually(
        lambda: next((m for m in driver.matches("Carla Twee") if m["soort"] == "gezin"), None), "a family match"
    )
    assert match["partner"]["naam"] == "Daan Twee"
    assert other["signaalId"] not in str(match)
    assert own["signaalId"] == match["eigenSignaalId"]
    assert set(match) <= {
        "matchId", "soort", "status", "reden", "ontstaanOp", "beeindigdOp", "einddatum", "eigenSignaalId", "partner"
    }  # fmt: skip


@pytest.mark.system
@pytest.mark.regel("R063", "R065")
def test_a_closed_signal_ends_its_match(driver: Driver) -> None:
    mine = driver.signal("Eva Drie", TWIN, "Altra").json()
    assert driver.signal("Finn Drie", TWIN, "De Buurtschool").status_code == 201
    eventually(lambda: driver.matches("Finn Drie", "De Buurtschool"), "a match of Finn")
    assert driver.close_signal("Eva Drie", mine["signaalId"]).is_success
    ended = eventually(
        lambda: next((m for m in driver.matches("Finn Drie", "De Buurtschool") if m["status"] == "beeindigd"), None),
        "its end",
    )
    assert ended["reden"] == "signaal-gedeactiveerd"
    third = driver.signal("Gijs Drie", TWIN, "De Buurtschool")
    assert third.status_code == 201
    eventually(lambda: driver.matches("Gijs Drie", "De Buurtschool"), "a match of Gijs with Finn")
    assert [m["partner"]["naam"] for m in driver.matches("Gijs Drie", "De Buurtschool")] == ["Finn Drie"]


@pytest.mark.system
@pytest.mark.regel("O12", "R092")
def test_nobody_matches_with_himself_and_colleagues_do(driver: Driver) -> None:
    assert driver.signal("Hanna Vier", OTHER_TWIN, "Altra").status_code == 201
    assert driver.signal("Hanna Vier", OTHER_TWIN, "De Buurtschool").status_code == 201
    assert driver.signal("Iris Vier", OTHER_TWIN, "Altra").status_code == 201
    found = eventually(
        lambda: m if len(m := [m for m in driver.matches("Iris Vier") if m["soort"] == "client"]) == 2 else None,
        "Iris' matches with both accounts of Hanna",
    )
    assert {m["partner"]["naam"] for m in found} == {"Hanna Vier"}
    assert not [m for m in driver.matches("Hanna Vier") if m["partner"]["naam"] == "Hanna Vier"]


@pytest.mark.system
def test_one_unbroken_trace_from_the_post_to_the_answer_of_the_mail_server(driver: Driver) -> None:
    driver.signal("Jan Vijf", "999996770", "Altra")
    trace = "5" * 32
    # Not by httpx: other tests may have instrumented it in this process, and it would send a trace of its own.
    request = urllib.request.Request(
        driver.url("signaal", "/v1/signalen"),
        data=json.dumps({"bsn": "999996770", "duur": "P1Y"}).encode(),
        headers={
            **driver.bearer("Kim Vijf", "De Buurtschool", client="portaal"),
            "Idempotency-Key": str(uuid4()),
            "Content-Type": "application/json",
            "traceparent": f"00-{trace}-{'a' * 16}-01",
        },
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        assert answer.status == 201
    eventually(lambda: driver.mails("Jan Vijf"), "a mail to Jan")

    orphans: set[str] = set()

    def spans() -> list[dict[str, Any]] | None:
        found = driver.http.get(f"{driver.addresses['traces']}/api/v2/trace/{trace}")
        spans = found.json() if found.is_success else []
        ids = {span["id"] for span in spans} | {"a" * 16}
        orphans.clear()
        orphans.update(
            f"{s['localEndpoint']['serviceName']} {s['name']}" for s in spans if s.get("parentId") not in ids
        )
        return spans if not orphans and any(span["name"] == "email send" for span in spans) else None

    try:
        found = eventually(spans, "a trace up to the mail in which no span lacks its parent")
    except AssertionError as error:
        raise AssertionError(f"{error}; without a parent: {sorted(orphans)}") from None
    assert {span["localEndpoint"]["serviceName"] for span in found} >= {"signaal", "brp-proxy", "match", "notificatie"}


@pytest.mark.system
@pytest.mark.parametrize("page", ["README.md", "README.nl.md"])
def test_the_example_of_the_readme_issues_a_signal_without_another_tool(driver: Driver, page: str) -> None:
    text = (ROOT / page).read_text()
    [example] = [block for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if "TOKEN=" in block]
    here = {".run/stack.json": str(driver.stack.run_dir / "stack.json"), YOUTH: new_youth(driver)}
    for name, other in here.items():
        assert name in example
        example = example.replace(name, other)
    done = subprocess.run(
        ["sh", "-c", example],
        cwd=ROOT,
        env={**os.environ, "RUN_DIR": str(driver.stack.run_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith('201 {"signaalId":'), done.stdout + done.stderr
    assert done.stdout.endswith("}\n")
