"""The local mailbox over real sockets and real STARTTLS."""

import json
import re
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest

from lokaal.certificaat import Certificaat
from lokaal.postvak.berichten import Berichten

USER, PASSWORD = "notificatie", "geheim-smtp"


@pytest.fixture(scope="module")
def postvak(start: Any, smtp_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return start(
        "lokaal.postvak",
        tmp_path_factory.mktemp("postvak"),
        SMTP_PORT=str(smtp_port()),
        SMTP_USER=USER,
        SMTP_PASSWORD=PASSWORD,
    )


@pytest.fixture
async def web(postvak: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=postvak.url) as client:
        await client.delete("/_besturing")
        await client.delete("/api/berichten")
        yield client
        await client.delete("/_besturing")


def smtp(postvak: Any, **meer: Any) -> aiosmtplib.SMTP:
    settings = {
        "hostname": "127.0.0.1",
        "port": int(postvak.extra["SMTP_PORT"]),
        "start_tls": True,
        "tls_context": ssl.create_default_context(cafile=str(postvak.run_dir / "postvak" / "ca.pem")),
        "username": USER,
        "password": PASSWORD,
        "timeout": 10,
    }
    return aiosmtplib.SMTP(**(settings | meer))


def mail(
    aan: str = "anna@postvak.test", onderwerp: str = "Er is een match", tekst: str = "Log in om te kijken."
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Verwijsindex <noreply@verwijsindex.test>"
    message["To"] = aan
    message["Subject"] = onderwerp
    message["Message-ID"] = "<1@verwijsindex.test>"
    message.set_content(tekst)
    return message


async def test_a_mail_arrives(postvak: Any, web: httpx.AsyncClient) -> None:
    async with smtp(postvak) as client:
        await client.send_message(mail(tekst="Beste Anna, één bericht."))
    (item,) = (await web.get("/api/berichten", params={"aan": "Anna@postvak.test"})).json()["items"]
    assert item["aan"] == ["anna@postvak.test"]
    assert item["van"] == "noreply@verwijsindex.test"
    assert item["onderwerp"] == "Er is een match"
    assert item["messageId"] == "<1@verwijsindex.test>"
    assert item["headers"]["From"] == "Verwijsindex <noreply@verwijsindex.test>"
    assert item["tekst"].strip() == "Beste Anna, één bericht."
    assert (await web.get(f"/api/berichten/{item['id']}")).json() == item
    assert (await web.get("/api/berichten", params={"aan": "bert@postvak.test"})).json() == {"items": []}


async def test_since_limit_and_delete(postvak: Any, web: httpx.AsyncClient) -> None:
    async with smtp(postvak) as client:
        for number in range(3):
            await client.send_message(mail(onderwerp=str(number)))
    items = (await web.get("/api/berichten")).json()["items"]
    assert [i["onderwerp"] for i in items] == ["2", "1", "0"]
    newer = (await web.get("/api/berichten", params={"sinds": items[1]["ontvangenOp"]})).json()["items"]
    assert [i["onderwerp"] for i in newer] == ["2"]
    assert len((await web.get("/api/berichten", params={"limiet": 2})).json()["items"]) == 2
    assert (await web.delete("/api/berichten")).status_code == 204
    assert (await web.get("/api/berichten")).json() == {"items": []}
    assert (await web.get(f"/api/berichten/{items[0]['id']}")).status_code == 404


@pytest.mark.parametrize("params", [{"sinds": "gisteren"}, {"sinds": "2026-11-22T10:00:00"}, {"limiet": "0"}])
async def test_wrong_question(web: httpx.AsyncClient, params: dict[str, str]) -> None:
    response = await web.get("/api/berichten", params=params)
    assert (response.status_code, response.json()["code"]) == (400, "vraagOnjuist")


async def test_nothing_without_tls(postvak: Any) -> None:
    client = smtp(postvak, start_tls=False, username=None, password=None)
    async with client:
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await client.sendmail("a@b.test", ["c@d.test"], b"x")
    assert refused.value.code == 530
    assert "STARTTLS" in refused.value.message


async def test_certificate_of_an_unknown_authority_is_refused(postvak: Any) -> None:
    with pytest.raises((aiosmtplib.SMTPException, ssl.SSLError)):
        await smtp(postvak, tls_context=ssl.create_default_context()).connect()


@pytest.mark.parametrize(("user", "password"), [(USER, "fout"), ("ander", PASSWORD)])
async def test_wrong_login(postvak: Any, user: str, password: str) -> None:
    with pytest.raises(aiosmtplib.SMTPAuthenticationError) as refused:
        await smtp(postvak, username=user, password=password).connect()
    assert refused.value.code == 535


async def test_nothing_without_login(postvak: Any) -> None:
    async with smtp(postvak, username=None, password=None) as client:
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await client.sendmail("a@b.test", ["c@d.test"], b"x")
    assert refused.value.code == 530


@pytest.mark.parametrize("fout", [451, 550])
async def test_told_to_refuse(postvak: Any, web: httpx.AsyncClient, fout: int) -> None:
    (await web.put("/_besturing", json={"fout": str(fout), "aantal": 1})).raise_for_status()
    async with smtp(postvak) as client:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await client.send_message(mail())
        assert refused.value.recipients[0].code == fout
        await client.send_message(mail())
    assert len((await web.get("/api/berichten")).json()["items"]) == 1
    assert (await web.get("/_besturing")).json()["berichten"]["aangeboden"] >= 2


@pytest.mark.parametrize(("fout", "bewaard"), [("breken", 0), ("breken-na-data", 1)])
async def test_told_to_break_off(postvak: Any, web: httpx.AsyncClient, fout: str, bewaard: int) -> None:
    (await web.put("/_besturing", json={"fout": fout, "aantal": 1})).raise_for_status()
    client = smtp(postvak)
    await client.connect()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await client.send_message(mail())
    client.close()
    assert len((await web.get("/api/berichten")).json()["items"]) == bewaard
    async with smtp(postvak) as client:
        await client.send_message(mail())
    assert len((await web.get("/api/berichten")).json()["items"]) == bewaard + 1


@pytest.mark.parametrize("opdracht", [{"fout": "traag", "vertragingMs": 600}, {"vertragingMs": 600}])
async def test_told_to_be_slow(postvak: Any, web: httpx.AsyncClient, opdracht: dict[str, object]) -> None:
    (await web.put("/_besturing", json=opdracht)).raise_for_status()
    client = smtp(postvak)
    await client.connect()
    with pytest.raises(aiosmtplib.SMTPTimeoutError):
        await client.sendmail("a@b.test", ["c@d.test"], b"Subject: x\r\n\r\nx", timeout=0.2)
    client.close()


@pytest.mark.parametrize("opdracht", [{"fout": "452"}, {"aantal": 0}, {"iets": 1}, []])
async def test_control_call_not_understood(web: httpx.AsyncClient, opdracht: object) -> None:
    response = await web.put("/_besturing", json=opdracht)
    assert (response.status_code, response.json()["code"]) == (400, "opdrachtOnjuist")


async def test_control_call_takes_json_only(web: httpx.AsyncClient) -> None:
    assert (await web.put("/_besturing", content="{}", headers={"Content-Type": "text/plain"})).status_code == 415


async def test_pages(postvak: Any, web: httpx.AsyncClient) -> None:
    assert "Nog geen berichten" in (await web.get("/")).text
    async with smtp(postvak) as client:
        await client.send_message(mail(onderwerp="<script>alert(1)</script>", tekst="<b>vet</b>"))
    page = await web.get("/")
    assert "lokaal hulpmiddel" in page.text
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http://" not in page.text
    (item,) = (await web.get("/api/berichten")).json()["items"]
    assert "&lt;b&gt;vet&lt;/b&gt;" in (await web.get(f"/berichten/{item['id']}")).text
    assert "anna@postvak.test" in (await web.get("/", params={"aan": "anna@postvak.test"})).text
    assert (await web.get("/berichten/weg")).status_code == 404
    assert (await web.get("/stijl.css")).headers["content-type"].startswith("text/css")


async def test_the_list_is_searched_and_says_when_nothing_fits(postvak: Any, web: httpx.AsyncClient) -> None:
    async with smtp(postvak) as client:
        await client.send_message(mail(aan="anna@postvak.test", tekst="Namens Altra"))
        await client.send_message(mail(aan="bert@postvak.test", tekst="Namens De Buurtschool"))
    page = (await web.get("/", params={"zoek": "altra MATCH"})).text
    assert "anna@postvak.test" in page
    assert "bert@postvak.test" not in page
    assert len((await web.get("/api/berichten", params={"zoek": "buurtschool"})).json()["items"]) == 1
    nothing = (await web.get("/", params={"aan": "bert@postvak.test", "zoek": "altra"})).text
    assert "Geen bericht aan bert@postvak.test met “altra”" in nothing
    assert "Nog geen berichten" not in nothing
    assert "Toon alle berichten" in nothing


async def test_the_reload_can_be_stopped_and_keeps_what_was_chosen(web: httpx.AsyncClient) -> None:
    assert 'http-equiv="refresh"' in (await web.get("/", params={"zoek": "x"})).text
    still = (await web.get("/", params={"zoek": "x", "stil": "ja"})).text
    assert 'http-equiv="refresh"' not in still
    assert 'href="/?zoek=x"' in still
    assert 'href="/?zoek=x&amp;stil=ja"' in still


async def test_mails_that_say_the_same_can_be_told_apart(postvak: Any, web: httpx.AsyncClient) -> None:
    async with smtp(postvak) as client:
        for _ in range(2):
            await client.send_message(mail())
    newest, oldest = (await web.get("/api/berichten")).json()["items"]
    assert newest["nummer"] == oldest["nummer"] + 1
    page = (await web.get("/")).text
    assert f"nr. {newest['nummer']}<" in page
    assert f"nr. {oldest['nummer']}<" in page
    assert re.search(r"\d\d:\d\d:\d\d CES?T<", page)
    assert "Europe/Amsterdam" in page


async def test_everything_is_thrown_away_by_a_button_of_the_page_itself(postvak: Any, web: httpx.AsyncClient) -> None:
    async with smtp(postvak) as client:
        await client.send_message(mail())
    assert "Het ene bericht wissen?" in (await web.get("/wissen")).text
    elsewhere = await web.post("/wissen", headers={"Sec-Fetch-Site": "cross-site"})
    assert (elsewhere.status_code, len((await web.get("/api/berichten")).json()["items"])) == (403, 1)
    done = await web.post("/wissen", headers={"Sec-Fetch-Site": "same-origin"})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert (await web.get("/api/berichten")).json() == {"items": []}


async def test_a_mail_leads_to_its_trace(start: Any, smtp_port: Callable[[], int], tmp_path: Path) -> None:
    spans = [{"traceId": "5e", "timestamp": 2}, {"traceId": "5e", "timestamp": 1}]
    asked: list[str] = []

    class Viewer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps([spans] if "%3C1%40verwijsindex.test%3E" in self.path else []).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Viewer) as viewer:
        threading.Thread(target=viewer.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{viewer.server_port}"
        settings = {"SMTP_PORT": str(smtp_port()), "SMTP_USER": USER, "SMTP_PASSWORD": PASSWORD}
        proces = start("lokaal.postvak", tmp_path, TRACES_VIEWER=address, **settings)
        other = mail()
        other.replace_header("Message-ID", "<2@verwijsindex.test>")
        async with smtp(proces) as client, httpx.AsyncClient(base_url=proces.url) as web:
            await client.send_message(mail())
            await client.send_message(other)
            untraced, traced = (await web.get("/api/berichten")).json()["items"]
            link = f"/berichten/{traced['id']}/trace"
            assert f'href="{link}"' in (await web.get(f"/berichten/{traced['id']}")).text
            assert (await web.get(link)).headers["location"] == f"{address}/zipkin/traces/5e"
            missing = await web.get(f"/berichten/{untraced['id']}/trace")
            assert (missing.status_code, "geen trace gevonden" in missing.text) == (404, True)
        viewer.shutdown()
    assert all(each.startswith("/api/v2/traces?annotationQuery=email.message_id%3D") for each in asked)


async def test_writes_no_personal_data_and_stops_well(start: Any, smtp_port: Callable[[], int], tmp_path: Path) -> None:
    proces = start("lokaal.postvak", tmp_path, SMTP_PORT=str(smtp_port()), SMTP_USER=USER, SMTP_PASSWORD=PASSWORD)
    async with smtp(proces) as client:
        await client.send_message(mail(aan="kanarie@postvak.test", tekst="Geheime kanarie"))
        async with httpx.AsyncClient(base_url=proces.url) as web:
            await web.get("/", params={"aan": "kanarie@postvak.test"})
            await web.put("/_besturing", json={"fout": "breken"})
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await client.send_message(mail(aan="kanarie@postvak.test"))
    ca = (tmp_path / "postvak" / "ca.pem").read_bytes()
    assert proces.stop() == 0
    log = proces.log.read_text()
    assert "bericht_ontvangen" in log
    assert "kanarie" not in log
    assert "Traceback" not in log
    again = Certificaat(tmp_path / "postvak")
    again.maak_als_nodig("127.0.0.1")
    assert again.ca.read_bytes() == ca


def test_keeps_the_newest_only() -> None:
    berichten = Berichten(maximum=2)
    ids = [berichten.ontvang("a@b.test", ["c@d.test"], b"Subject: x\r\n\r\n").id for _ in range(3)]
    assert [b.id for b in berichten.zoek()] == [ids[2], ids[1]]
    assert berichten.met_id(ids[0]) is None


@pytest.mark.parametrize(
    "inhoud",
    [
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: text/plain; charset=bestaatniet\r\n\r\n\xff",
        b"Content-Type: multipart/mixed\r\n\r\n",
    ],
)
def test_takes_any_bytes(inhoud: bytes) -> None:
    assert Berichten().ontvang("", ["a@b.test"], inhoud).aan == ["a@b.test"]


def test_reads_the_text_of_a_mail_with_two_forms() -> None:
    message = mail(tekst="gewoon")
    message.add_alternative("<p>opgemaakt</p>", subtype="html")
    assert Berichten().ontvang("", ["a@b.test"], bytes(message)).tekst.strip() == "gewoon"
