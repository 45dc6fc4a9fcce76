"""The BRP simulator as a process: which persons it takes, what it writes, and how it ends."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from deploy.local.tests.processen.brp.vragen import ALMENKINDERS, API_KEY, PAD, personen, vraag

from lokaal.simulatoren.brp.officieel import SELECTIE
from lokaal.simulatoren.brp.personen import OnbruikbaarError, Personenbestand, lees


def test_says_that_it_is_a_simulator(client: httpx.Client) -> None:
    assert client.get("/").json()["simulator"] is True
    assert client.get("/").json()["personen"] == 395


def test_writes_no_personal_data(brp: Any, client: httpx.Client) -> None:
    personen(client, ALMENKINDERS)
    client.put(f"/_besturing/personen/{ALMENKINDERS}", json={"naam": {"geslachtsnaam": "Kanarie"}})
    client.put("/_besturing", json={"fout": "breken", "aantal": 1})
    with pytest.raises(httpx.TransportError):
        client.post(PAD, json=vraag(ALMENKINDERS))
    log = brp.log.read_text()
    assert "proces_gestart" in log
    assert not re.search(r"[0-9]{9}", log)
    assert "Kanarie" not in log


def test_takes_the_whole_official_set_and_any_file(start: Any, tmp_path: Path) -> None:
    voorbeelden = json.loads(SELECTIE.read_text())["personen"]
    velen = [{**voorbeelden[i % 395], "burgerservicenummer": f"{100_000_000 + i}"} for i in range(1_176)]
    bestand = tmp_path / "personen.json"
    bestand.write_text(json.dumps({"personen": velen}))
    proces = start("lokaal.simulatoren.brp", tmp_path, BRP_API_KEY=API_KEY, PERSONEN=str(bestand))
    assert httpx.get(proces.url).json()["personen"] == 1_176
    with httpx.Client(base_url=proces.url, headers={"X-API-KEY": API_KEY}) as client:
        assert len(personen(client, "100001175")) == 1
    assert proces.stop() == 0
    assert "proces_gestopt" in proces.log.read_text()


def test_a_removed_list_does_not_hide_the_good_one(tmp_path: Path) -> None:
    weg = {"burgerservicenummer": "999990020", "opschortingBijhouding": {"reden": {"code": "W"}}}
    goed = {"burgerservicenummer": "999990020", "naam": {"geslachtsnaam": "Rafi"}}
    for volgorde in ([weg, goed], [goed, weg]):
        (tmp_path / "p.json").write_text(json.dumps({"personen": volgorde}))
        assert Personenbestand(lees(tmp_path / "p.json")).zoek("999990020") == (goed,)


@pytest.mark.parametrize(
    ("bsns", "reden"),
    [
        (["999990020", "999990020", "999990147"], "persoonslijsten die er dubbel in staan: 1"),
        (["99999002", "1234567890", "999990020"], "burgerservicenummers die geen 9 cijfers zijn: 2"),
    ],
)
def test_a_file_with_doubles_says_how_many_and_not_who(tmp_path: Path, bsns: list[str], reden: str) -> None:
    bestand = tmp_path / "p.json"
    bestand.write_text(json.dumps({"personen": [{"burgerservicenummer": bsn} for bsn in bsns]}))
    with pytest.raises(OnbruikbaarError, match=reden) as gezegd:
        lees(bestand)
    assert not any(bsn in str(gezegd.value) for bsn in bsns)


DUBBEL = '{"personen": [{"burgerservicenummer": "999990020"}, {"burgerservicenummer": "999990020"}]}'


@pytest.mark.parametrize("inhoud", ["", "{}", "[]", '{"personen": ["x"]}', DUBBEL])
def test_a_wrong_file_ends_it_with_one_line(run_to_end: Any, tmp_path: Path, inhoud: str) -> None:
    bestand = tmp_path / "p.json"
    bestand.write_text(inhoud)
    done = run_to_end("lokaal.simulatoren.brp", BRP_API_KEY="x", PERSONEN=str(bestand))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("PERSONEN: ")
