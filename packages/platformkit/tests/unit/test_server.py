"""What a socket may ask of a process: bounded time, size and number, told in Dutch (trap 21). Real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from platformkit.health import Heartbeat
from platformkit.http import edge, server
from platformkit.http.app import create_app
from platformkit.http.auth import TokenVerifier, require
from platformkit.http.namens import NamensReader
from platformkit.identity import Principal
from platformkit.service import roles
from platformkit.settings import ProcessSettings
from platformkit.testing import eventually_async
from platformkit.testing.issuer import ISSUER, Issuer

HEADERS = {"api-version", "cache-control", "content-security-policy", "content-type", "x-content-type-options"}


class Ding(BaseModel):
    naam: str


router = APIRouter()


@router.post("/dingen")
async def maken(ding: Ding, wie: Annotated[Principal, Depends(require("signalen:lezen"))]) -> Ding:
    return ding


@router.get("/groot")
async def groot() -> Response:
    return Response(b"x" * 1_000_000)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


class Served:
    """A server on a port of its own."""

    def __init__(self, port: int, running: Any) -> None:
        self.port, self._server = port, running

    @property
    def connections(self) -> int:
        return len(self._server.server_state.connections)

    @asynccontextmanager
    async def connected(self, *pieces: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Somebody who sends that and hangs on."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for each in pieces:
                writer.write(each)
            yield reader, writer
        finally:
            writer.transport.abort()

    async def asked(self, *pieces: bytes) -> bytes:
        """All that is answered until the server hangs up."""
        async with self.connected(*pieces) as (reader, _):
            return await _rest(reader)


async def _rest(reader: asyncio.StreamReader) -> bytes:
    said = b""
    try:
        while piece := await reader.read(65536):
            said += piece
    except ConnectionResetError:
        pass
    return said


@pytest.fixture
async def served(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """As `platformkit.service.roles.serve` does it, on a free port."""
    running: list[Any] = []

    class Watched(roles._Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            running.append(self)

    monkeypatch.setattr(roles, "_Server", Watched)
    app = create_app(
        title="Proef",
        description="Proef",
        routers=[router],
        problems={},
        verifier=TokenVerifier(ISSUER, "proef", issuer.http()),
        namens=NamensReader("proef", None),
        heartbeat=Heartbeat(None),
        checks={},
    )
    stop = asyncio.Event()
    settings = ProcessSettings(http_port=0)
    task = asyncio.create_task(roles.serve(app, settings, stop, Heartbeat(None)))
    await eventually_async(lambda: _true(running), "the server")
    yield Served(running[0].servers[0].sockets[0].getsockname()[1], running[0])
    stop.set()
    await task


async def _true(value: object) -> bool:
    return bool(value)


def problem(said: bytes, status: int, code: str) -> None:
    """The one answer in `said`, which must be a whole problem."""
    head, _, body = said.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    assert line.split()[1] == str(status), said
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
    assert headers.keys() >= HEADERS
    assert headers["content-type"] == "application/problem+json"
    assert len(body) == int(headers["content-length"])
    assert json.loads(body)["code"] == code


def post(token: str | None, length: str = "Content-Length: 14", *more: str) -> bytes:
    bearer = [f"Authorization: Bearer {token}"] if token else []
    lines = ["POST /v1/dingen HTTP/1.1", "Host: proef", "Content-Type: application/json", *bearer, length, *more]
    return "\r\n".join([*lines, "", ""]).encode()


BODY = b'{"naam": "x"} '
HEAD = b"GET /gezond/leeft HTTP/1.1\r\nHost: proef\r\n"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_MESSAGE_SECONDS", 0.3)
    monkeypatch.setattr(edge, "_BODY_SECONDS", 0.2)
    monkeypatch.setattr(edge, "_PARTING_SECONDS", 0.1)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("begun", [b"", b"\r\n", b"G", HEAD, HEAD + b"X-A: " + b"b" * 100])
async def test_who_falls_silent_before_the_end_of_the_headers_is_hung_up_on(served: Served, begun: bytes) -> None:
    said = await served.asked(begun)
    if begun.strip():
        problem(said, 408, "te-langzaam")
    else:
        assert said == b""
    await eventually_async(lambda: _true(served.connections == 0), "no connection left")


async def _drip(served: Served, head: bytes, drop: bytes) -> bytes:
    """The answer to somebody who sends `drop` again and again."""
    async with served.connected(head) as (reader, writer):
        rest = asyncio.create_task(_rest(reader))
        while not rest.done():
            writer.write(drop)
            await asyncio.wait({rest}, timeout=0.02)
        return await rest


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("drop", [b"X-A: b\r\n", b"X"])
async def test_headers_one_after_the_other_have_an_end(served: Served, drop: bytes) -> None:
    problem(await _drip(served, HEAD, drop), 408, "te-langzaam")


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("length", "drop"), [("Content-Length: 60000", b" "), (CHUNKED, b"1\r\n \r\n"), (CHUNKED, b"1;a=b\r\n \r\n")]
)
async def test_a_body_one_byte_at_a_time_has_an_end(served: Served, issuer: Issuer, length: str, drop: bytes) -> None:
    problem(await _drip(served, post(issuer.token(), length), drop), 408, "te-langzaam")
    await eventually_async(lambda: _true(served.connections == 0), "no connection left")


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("sent", [b"", BODY[:5]])
async def test_a_body_that_does_not_come_is_not_waited_for(served: Served, issuer: Issuer, sent: bytes) -> None:
    problem(await served.asked(post(issuer.token()) + sent), 408, "te-langzaam")


@pytest.mark.parametrize("length", ["Content-Length: 14", CHUNKED, "Content-Length: 999999999999"])
async def test_without_a_token_no_body_is_waited_for(served: Served, length: str) -> None:
    """The bounds on the body are the real ones here: the answer comes before them."""
    problem(await served.asked(post(None, length)), 401, "niet-ingelogd")


async def test_who_asks_first_hears_no_before_he_sends(served: Served, issuer: Issuer) -> None:
    problem(await served.asked(post(None, "Content-Length: 14", "Expect: 100-continue")), 401, "niet-ingelogd")
    large = post(issuer.token(), "Content-Length: 65537", "Expect: 100-continue")
    problem(await served.asked(large), 413, "te-groot")
    async with served.connected(post(issuer.token(), "Content-Length: 14", "Expect: 100-continue")) as (reader, writer):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        writer.write(BODY)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "sent", [("Content-Length: 70000", b" " * 70000), (CHUNKED, b"fff\r\n" + b" " * 4095 + b"\r\n")]
)
async def test_a_body_beyond_the_bound_is_refused_and_the_refusal_arrives(
    served: Served, issuer: Issuer, sent: tuple[str, bytes]
) -> None:
    length, piece = sent
    problem(
        await served.asked(post(issuer.token(), length), *[piece] * (20 if length == CHUNKED else 1)), 413, "te-groot"
    )


async def test_a_body_without_end_is_cut_off(served: Served) -> None:
    async with served.connected(post(None, CHUNKED)) as (_, writer):
        with pytest.raises(ConnectionError):
            await _without_end(writer)


async def _without_end(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"fff\r\n" + b" " * 4095 + b"\r\n")
        await writer.drain()


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"X-A: " + b"b" * 20_000 + b"\r\n\r\n",
        HEAD + b"X-A: " + b"b" * 20_000,
        HEAD + b"X-A: b\r\n" * 4000,
        HEAD + b"X-A: b\r\n" * 4000 + b"\r\n",
        b"GET /" + b"a" * 20_000,
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: proef\r\n\r\n",
    ],
)
async def test_a_head_beyond_the_bound_is_refused(served: Served, sent: bytes) -> None:
    problem(await served.asked(sent), 431, "kop-te-groot")


@pytest.mark.parametrize(
    "sent",
    [
        b"gibberish\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\xf0\x9f\x91\xbd HTTP/1.1\r\nHost: proef\r\n\r\n",
        b"GET /a\x00b HTTP/1.1\r\nHost: proef\r\n\r\n",
        b"GET /gezond HTTP/9.1\r\nHost: proef\r\n\r\n",
        b"GET ?x HTTP/1.1\r\nHost: proef\r\n\r\n",
        b"CONNECT elders.example:443 HTTP/1.1\r\nHost: proef\r\n\r\n",
        HEAD + b"X A: b\r\n\r\n",
        HEAD + b"X-A: a\x00b\r\n\r\n",
        HEAD + b" gevouwen: x\r\n\r\n",
        post("x", "Content-Length: 14", "Content-Length: 15"),
        post("x", "Content-Length: 14", CHUNKED),
        post("x", "Content-Length: -1"),
        post("x", "Content-Length: 1e3"),
        post("x", "Content-Length: 99999999999999999999999"),
        post("x", CHUNKED) + b"zz\r\n",
    ],
)
async def test_what_is_no_http_is_refused_in_dutch(served: Served, sent: bytes) -> None:
    problem(await served.asked(sent), 400, "verzoek-onleesbaar")


async def test_a_request_without_host_is_refused(served: Served) -> None:
    problem(await served.asked(b"GET /v1/x HTTP/1.1\r\nConnection: close\r\n\r\n"), 400, "verzoek-onleesbaar")


async def test_the_rest_of_a_body_that_is_longer_than_told_is_no_second_answer(served: Served, issuer: Issuer) -> None:
    said = await served.asked(post(issuer.token(), "Content-Length: 14") + BODY + b"de rest\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.count(b"HTTP/1.1 ") == 1


async def test_what_stands_behind_a_body_is_no_header(served: Served, issuer: Issuer) -> None:
    trailer = f"e\r\n{BODY.decode()}\r\n0\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n".encode()
    problem(await served.asked(post(None, CHUNKED, "Connection: close") + trailer), 401, "niet-ingelogd")
    asked = post(issuer.token(), CHUNKED, "Connection: close") + trailer
    assert (await served.asked(asked)).startswith(b"HTTP/1.1 200")


async def test_another_protocol_is_not_spoken(served: Served) -> None:
    for upgrade in (b"websocket", b"h2c"):
        asked = HEAD + b"Connection: Upgrade, close\r\nUpgrade: " + upgrade + b"\r\n\r\n"
        assert (await served.asked(asked)).startswith(b"HTTP/1.1 200")


@pytest.mark.usefixtures("hurried")
async def test_an_answered_connection_may_be_idle_and_begin_anew(served: Served) -> None:
    async with served.connected(HEAD + b"\r\n") as (reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(b'{"leeft":true}'))
        writer.write(HEAD)
        problem(await _rest(reader), 408, "te-langzaam")


async def test_an_idle_connection_ends(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served._server.config.timeout_keep_alive = 0.1
    assert (await served.asked(HEAD + b"\r\n")).startswith(b"HTTP/1.1 200")


async def test_connections_beyond_the_bound_are_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_CONNECTIONS", 1)
    async with served.connected(HEAD):
        await eventually_async(lambda: _true(served.connections == 1), "the first")
        problem(await served.asked(), 503, "tijdelijk-niet-beschikbaar")
    await eventually_async(lambda: _true(served.connections == 0), "room again")
    assert (await served.asked(HEAD + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_who_does_not_read_his_answers_is_hung_up_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_READING_SECONDS", 0.2)
    asks = b"GET /v1/groot HTTP/1.1\r\nHost: proef\r\n\r\n" * 40
    async with served.connected(asks) as (reader, _):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await eventually_async(lambda: _true(served.connections == 1), "the connection")
        await eventually_async(lambda: _true(served.connections == 0), "no connection left")
