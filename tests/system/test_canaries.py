"""Nothing of a person leaves the place where it belongs: plant canaries, then search everything that a stack leaves.

Searched: the values, keys and headers of every Kafka topic, every table of every database, every log file, every span in
the trace viewer, every metric. A youth's canaries may stand nowhere (brp-proxy keeps them encrypted); a professional's
name and address stand in signaal's own tables only.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer
from driver import Driver

from contracts.registry import topics
from lokaal.testing import broker, superuser
from lokaal.token import slug
from platformkit.broker import Broker
from platformkit.testing import eventually

# An own person of the simulator, so that the canaries are unlike anything else.
BSN = "999999229"
CANARIES = {"bsn": BSN, "name": "Kanarieveld", "street": "Zangvogelpad", "birth date": "2014-05-17"}
PERSON = {
    "burgerservicenummer": BSN,
    "geslacht": {"code": "V", "omschrijving": "vrouw"},
    "naam": {"voornamen": "Vera", "geslachtsnaam": "Kanarieveld", "volledigeNaam": "Vera Kanarieveld"},
    "geboorte": {"datum": {"type": "Datum", "datum": "2014-05-17", "langFormaat": "17 mei 2014"}},
    "gemeenteVanInschrijving": {"code": "0363", "omschrijving": "Amsterdam"},
    "verblijfplaats": {
        "type": "Adres",
        "verblijfadres": {"officieleStraatnaam": "Zangvogelpad", "huisnummer": 7, "postcode": "1011ZV"},
        "functieAdres": {"code": "W", "omschrijving": "woonadres"},
    },
    "ouders": [{"burgerservicenummer": "999999254", "ouderAanduiding": "1", "naam": {"geslachtsnaam": "Kanarieveld"}}],
}
PARENT_BSN = "999999254"
PROFESSIONAL = "Quirine Meldvogel"


@pytest.fixture(scope="module")
def planted(driver: Driver) -> Driver:
    """A youth and two professionals who went through everything, refusals included."""
    control = driver.addresses["simulators"]["brp"].split("/haalcentraal")[0]
    assert driver.http.put(f"{control}/_besturing/personen/{BSN}", json=PERSON).is_success
    signal = driver.signal(PROFESSIONAL, BSN).json()
    assert driver.signal("Rens Meldvogel", BSN, "De Buurtschool").status_code == 201
    assert driver.signal(PROFESSIONAL, BSN).status_code == 409
    assert driver.signal(PROFESSIONAL, "123456789").status_code == 400
    _asked_wrongly(driver)
    eventually(lambda: driver.mails(PROFESSIONAL), "the mail")
    eventually(lambda: driver.matches(PROFESSIONAL), "the match")
    assert driver.close_signal(PROFESSIONAL, signal["signaalId"]).is_success
    eventually(lambda: [m for m in driver.matches(PROFESSIONAL) if m["status"] == "beeindigd"], "its end")
    return driver


def _asked_wrongly(driver: Driver) -> None:
    """The canaries in a path, a query and headers, refused in each way."""
    own, nobody = driver.bearer(PROFESSIONAL), {"User-Agent": f"{BSN} Kanarieveld", "baggage": f"bsn={BSN}"}
    for method, path, headers, status in (
        ("GET", f"/v1/signalen/{BSN}?naam=Vera%20Kanarieveld", own, 400),
        ("GET", f"/v1/signalen/{BSN}?naam=Vera%20Kanarieveld", {}, 401),
        ("DELETE", f"/v1/signalen/{BSN}", own, 405),
        ("GET", f"/v1/Kanarieveld/{BSN}", own, 404),
        ("GET", f"/v1/matches/{BSN}", own, 404),
        ("POST", f"/v1/contactgegevens?bsn={BSN}", own, 400),
    ):
        answer = driver.http.request(method, driver.url("signaal", path), headers={**nobody, **headers})
        assert answer.status_code == status, answer.text


@pytest.mark.system
@pytest.mark.regel("D2", "R104")
def test_no_canary_sings_outside_its_cage(planted: Driver) -> None:
    youth = {**CANARIES, "parent": PARENT_BSN}
    mail = f"{slug(PROFESSIONAL)}@postvak.test"
    sung: list[str] = []
    for place, text in _everything(planted):
        sung += [f"{what} in {place}" for what, canary in youth.items() if canary.lower() in text.lower()]
        if not place.startswith("database signaal"):
            sung += [f"{what} in {place}" for what in (PROFESSIONAL, mail) if what.lower() in text.lower()]
    assert not sung


@pytest.mark.system
def test_the_search_would_find_a_canary(planted: Driver) -> None:
    """The search is no decoration: it finds what is certainly there, in each kind of place."""
    places = list(_everything(planted))
    assert any(place == "database signaal.professional" and PROFESSIONAL in text for place, text in places)
    for kind in ("topic", "log", "spans", "metrics", "database"):
        assert any(place.startswith(kind) and len(text) > 100 for place, text in places), kind


def _everything(driver: Driver) -> Iterator[tuple[str, str]]:
    yield from asyncio.run(_topics(broker(driver.addresses)))
    yield from asyncio.run(_databases(driver.addresses["postgres"]))
    for file in Path(driver.stack.run_dir / "logs").glob("*.log"):
        if file.stem not in {"postgres", "kafka", "zipkin"}:
            yield f"log {file.name}", file.read_text(errors="replace")
    found = driver.http.get(f"{driver.addresses['traces']}/api/v2/traces", params={"limit": 500})
    yield "spans", json.dumps(found.json())
    for name, url in driver.addresses["metrics"].items():
        yield f"metrics {name}", driver.http.get(url).text


async def _topics(kafka: Broker) -> list[tuple[str, str]]:
    consumer = AIOKafkaConsumer(*topics(), **kafka.client(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[tuple[str, str]] = []
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for tp, records in (await consumer.getmany(timeout_ms=500)).items():
                found += [(f"topic {tp.topic}", f"{r.key!r} {r.headers!r} {r.value!r}") for r in records]
        return found
    finally:
        await consumer.stop()


async def _databases(addresses: dict[str, object]) -> list[tuple[str, str]]:
    found = []
    for service in addresses:
        if service == "superuser":
            continue
        connection = await asyncpg.connect(superuser(addresses, service))
        try:
            for row in await connection.fetch("select tablename from pg_tables where schemaname = 'public'"):
                table = row["tablename"]
                rows = await connection.fetch(f'select t::text as line from public."{table}" t')
                text = "\n".join(row["line"] for row in rows)
                # bytea prints as hexadecimal: read it as text, too.
                raw = "\n".join(bytes.fromhex(part[2:]).decode("latin-1") for part in _hex(text))
                found.append((f"database {service}.{table}", text + raw))
        finally:
            await connection.close()
    return found


def _hex(text: str) -> Iterator[str]:
    for part in text.replace('"', "").replace("\\\\x", "\\x").split(","):
        candidate = part.strip("()")
        if candidate.startswith("\\x") and len(candidate) % 2 == 0:
            try:
                bytes.fromhex(candidate[2:])
            except ValueError:
                continue
            yield candidate
