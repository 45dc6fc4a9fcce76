"""brp-proxy's API as a process of its own, with the real simulator, issuer and PostgreSQL, and a collector of spans."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from lokaal.sleutels import make_namens
from platformkit.http.namens import NamensSigner
from platformkit.identity import Principal
from platformkit.testing import eventually, eventually_async

API_KEY = "sleutel-van-de-brp"
GEHEIM = "geheim-van-de-dienst"
_VASTLEGGEN = "POST /v1/persoonsverwijzingen"


def _vrije_poort() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Proces:
    popen: subprocess.Popen[bytes]
    url: str
    log: Path


class Spans(BaseHTTPRequestHandler):
    """Keeps what the process tells about its work."""

    verzameld: list[bytes] = []

    def do_POST(self) -> None:
        self.verzameld.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(scope="session")
def spans() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Spans)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api/v2/spans"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    begonnen: list[subprocess.Popen[bytes]] = []

    def _start(*command: str, **env: str) -> Proces:
        map_ = tmp_path_factory.mktemp(command[0])
        port = _vrije_poort()
        omgeving = {"PATH": os.environ["PATH"], "HTTP_PORT": str(port), "RUN_DIR": str(map_), **env}
        log = map_ / "log"
        with log.open("wb") as file:
            popen = subprocess.Popen([sys.executable, "-m", *command], env=omgeving, stdout=file, stderr=file)
        begonnen.append(popen)
        proces = Proces(popen, f"http://127.0.0.1:{port}", log)

        def gezond() -> bool:
            assert popen.poll() is None, log.read_text()
            try:
                return httpx.get(f"{proces.url}/gezond").status_code == 200
            except httpx.TransportError:
                return False

        eventually(gezond, f"{command[0]} ready, see {log}", seconds=30)
        return proces

    yield _start
    for popen in begonnen:
        popen.terminate()
        popen.wait(20)


@pytest.fixture(scope="session")
def brp(start: Any) -> Proces:
    return start("lokaal.simulatoren.brp", BRP_API_KEY=API_KEY)


@pytest.fixture(scope="session")
def issuer(start: Any) -> Proces:
    clients = {
        "signaal": {
            "secret": GEHEIM,
            "scopes": ["personen:vastleggen", "kaartgegevens:lezen", "klassegegevens:lezen"],
        },
        "match": {"secret": GEHEIM, "scopes": ["contactgegevens:lezen"]},
        "lokaal": {"secret": GEHEIM, "scopes": []},
    }
    return start("lokaal.oidc", OIDC_CLIENTS=json.dumps(clients))


@pytest.fixture(scope="session")
def namens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the keys lie with which services sign who asks."""
    folder = tmp_path_factory.mktemp("namens")
    make_namens(folder, ["signaal", "match"])
    return folder


@pytest.fixture(scope="session")
def brp_proxy(
    *,
    start: Any,
    brp: Proces,
    issuer: Proces,
    spans: str,
    addresses: Mapping[str, str],
    sleuteladressen: Mapping[str, str],
    sleutels: dict[str, Any],
    namens: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Proces:
    bestand = tmp_path_factory.mktemp("sleutels") / "sleutels.json"
    bestand.write_text(json.dumps(sleutels))
    return start(
        "brp_proxy",
        "api",
        PROFIEL="test",
        DATABASE_URL_API=addresses["api"],
        DATABASE_URL_SLEUTELS_API=sleuteladressen["api"],
        OIDC_ISSUER=issuer.url,
        BRP_URL=f"{brp.url}/haalcentraal/api/brp",
        BRP_API_KEY=API_KEY,
        SLEUTEL_BESTAND=str(bestand),
        NAMENS_SLEUTELS=str(namens / "sleutels.json"),
        TRACES="zipkin",
        TRACES_URL=spans,
        METRICS_PORT=str(_vrije_poort()),
    )


@dataclass
class Wereld:
    """What a test does: ask brp-proxy, and tell the simulator what to do wrong."""

    api: httpx.AsyncClient
    brp: httpx.AsyncClient
    issuer: str
    log: Path
    sleutels: Path

    async def token(self, client: str = "signaal", **gebruiker: str) -> str:
        grant = "urn:verwijsindex:grant:lokaal" if gebruiker else "client_credentials"
        async with httpx.AsyncClient() as http:
            answer = await http.post(
                f"{self.issuer}/token", data={"grant_type": grant, **gebruiker}, auth=(client, GEHEIM)
            )
        return str(answer.raise_for_status().json()["access_token"])

    def namens(self, *, wie: str = "signaal", doel: str = _VASTLEGGEN) -> str:
        """What a service signs for the professional who asks."""
        piet = Principal(self.issuer, "piet", "portaal", "professional", frozenset(), None, frozenset())
        return NamensSigner(wie, self.sleutels / f"{wie}.pem").fact(piet, "brp-proxy", doel)

    async def leg_vast(
        self, bsn: object, *, token: str | None = None, namens: str | None = "", **headers: str
    ) -> httpx.Response:
        """Asks as signaal, for a professional, when nothing else is said."""
        headers["Authorization"] = f"Bearer {token or await self.token()}"
        if namens is not None:
            headers["Namens"] = namens or self.namens()
        return await self.api.post("/v1/persoonsverwijzingen", json={"bsn": bsn, "doel": "signaal"}, headers=headers)

    async def vergelijk(self, bsn: object, ref: object, *, token: str | None = None) -> httpx.Response:
        return await self.api.post(
            "/v1/persoonsverwijzingen/vergelijkingen",
            json={"bsn": bsn, "persoonRef": ref},
            headers={
                "Authorization": f"Bearer {token or await self.token()}",
                "Namens": self.namens(doel=f"{_VASTLEGGEN}/vergelijkingen"),
            },
        )

    async def lees(self, wat: str, *refs: object, namens: str | None = "") -> httpx.Response:
        """Asks for `kaartgegevens` or `klassegegevens`."""
        headers = {"Authorization": f"Bearer {await self.token()}"}
        if namens is not None:
            headers["Namens"] = namens or self.namens(doel=f"POST /v1/{wat}")
        return await self.api.post(f"/v1/{wat}", json={"personen": list(refs)}, headers=headers)

    async def brp_doet(self, **opdracht: object) -> None:
        (await self.brp.put("/_besturing", json=opdracht)).raise_for_status()

    async def brp_persoon(self, bsn: str, **velden: object) -> None:
        (await self.brp.put(f"/_besturing/personen/{bsn}", json=velden)).raise_for_status()

    async def brp_lijsten(self, bsn: str, *lijsten: object) -> None:
        """All lists that bear this BSN."""
        (await self.brp.put(f"/_besturing/personen/{bsn}", json=list(lijsten))).raise_for_status()

    async def brp_muteert(self, **mutatie: object) -> None:
        (await self.brp.post("/_besturing/mutaties", json=mutatie)).raise_for_status()

    async def brp_aanroepen(self) -> int:
        return int((await self.brp.get("/_besturing")).json()["aanroepen"]["totaal"])

    async def spans_met(self, tekst: bytes) -> None:
        """Wait until the process has sent a span with this text."""

        async def verteld() -> bool:
            return any(tekst in each for each in Spans.verzameld)

        await eventually_async(verteld, f"a span with {tekst!r}")

    @property
    def verteld(self) -> bytes:
        """Everything that the process logged and traced."""
        return self.log.read_bytes() + b"".join(Spans.verzameld)


@pytest.fixture
async def wereld(
    *, brp_proxy: Proces, brp: Proces, issuer: Proces, namens: Path, kijk: object
) -> AsyncIterator[Wereld]:
    async with (
        httpx.AsyncClient(base_url=brp_proxy.url, timeout=20) as api,
        httpx.AsyncClient(base_url=brp.url) as simulator,
    ):
        (await simulator.delete("/_besturing")).raise_for_status()
        yield Wereld(api, simulator, issuer.url, brp_proxy.log, namens)
