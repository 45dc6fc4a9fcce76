"""What a socket may ask of a process: bounded time, size and number, told in Dutch (trap 21). Real sockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, Request, Response
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
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
async def groot(bytes: int = 1_000_000) -> Response:
    return Response(b"x" * bytes)


@router.get("/traag")
async def traag(request: Request) -> Response:
    """Waits until who asked goes away, as long as anything is waited for."""
    await request.body()
    await request.receive()
    return Response()


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
    async def connected(
        self, *pieces: bytes, address: str = "127.0.0.1"
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Somebody who sends that and hangs on."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        try:
            for each in pieces:
                writer.write(each)
            yield reader, writer
        finally:
            writer.transport.abort()

    async def asked(self, *pieces: bytes, address: str = "127.0.0.1") -> bytes:
        """All that is answered until the server hangs up."""
        async with self.connected(*pieces, address=address) as (reader, _):
            return await _rest(reader)

    def protocol(self, writer: asyncio.StreamWriter) -> server.BoundedProtocol | None:
        """The server's side of that connection, when it stands."""
        name = writer.get_extra_info("sockname")
        return next((each for each in self._server.server_state.connections if each.client == name), None)


async def _rest(reader: asyncio.StreamReader) -> bytes:
    said = b""
    try:
        while piece := await reader.read(65536):
            said += piece
    except ConnectionResetError:
        pass
    return said


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryMetricReader]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    monkeypatch.setattr(edge, "_refused", provider.get_meter("test").create_counter("http.server.refused"))
    yield reader
    provider.shutdown()


def refused(measured: InMemoryMetricReader) -> dict[object, float]:
    """How many, by reason."""
    data = measured.get_metrics_data()
    if data is None:
        return {}
    [metric] = data.resource_metrics[0].scope_metrics[0].metrics
    return {dict(point.attributes or {})["reason"]: point.value for point in metric.data.data_points}  # type: ignore[union-attr]


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
    monkeypatch.setattr(edge, "_BODY_SECONDS", 0.1)
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


async def test_a_body_without_end_is_cut_off(served: Served, measured: InMemoryMetricReader) -> None:
    async with served.connected(post(None, CHUNKED)) as (_, writer):
        with pytest.raises(ConnectionError):
            await _without_end(writer)
    assert refused(measured) == {"message-size": 1}


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


ASKED = HEAD + b"Connection: close\r\n\r\n"
BUSY = b"GET /v1/traag HTTP/1.1\r\nHost: proef\r\n\r\n"
MOST, FEW = "127.0.0.1", "127.0.0.2"


@asynccontextmanager
async def _held(served: Served, *each: tuple[bytes, str]) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Connections that have sent that, from that address, one after the other."""
    async with AsyncExitStack() as stack:
        readers = []
        for sent, address in each:
            reader, writer = await stack.enter_async_context(served.connected(sent, address=address))
            await eventually_async(lambda sent=sent, writer=writer: _reached(served, writer, sent), "what was sent")
            if sent == HEAD + b"\r\n":
                await reader.readuntil(b"true}")
            readers.append(reader)
        yield readers


async def _reached(served: Served, writer: asyncio.StreamWriter, sent: bytes) -> bool:
    found = served.protocol(writer)
    return found is not None and found._size == len(sent)


async def test_when_all_places_are_taken_the_one_goes_that_is_missed_least(
    served: Served, measured: InMemoryMetricReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has asked nothing, then who is idle, then who has not asked all of it; the one that waits longest."""
    monkeypatch.setattr(server, "_PROMPT_SECONDS", 0)
    held = [(sent, MOST) for sent in (HEAD, BUSY, HEAD + b"\r\n", b"", HEAD, b"\r\n", HEAD + b"\r\n")]
    async with _held(served, *held) as (half, busy, idle, silent, half_too, silent_too, idle_too):
        for gone in (silent, silent_too, idle, idle_too, half, half_too):
            monkeypatch.setattr(server, "_CONNECTIONS", served.connections)
            assert (await served.asked(ASKED)).startswith(b"HTTP/1.1 200")
            assert await _rest(gone) == b""
        assert refused(measured) == {"room": 6}
        await eventually_async(lambda: _true(served.connections == 1), "the one that is being answered")
        monkeypatch.setattr(server, "_CONNECTIONS", 1)
        problem(await served.asked(), 503, "tijdelijk-niet-beschikbaar")
        assert refused(measured) == {"room": 6, "connections": 1}
        assert not busy.at_eof()
    await eventually_async(lambda: _true(served.connections == 0), "room again")
    assert (await served.asked(ASKED)).startswith(b"HTTP/1.1 200")


async def test_who_has_just_come_is_not_gone_before_he_could_ask(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_CONNECTIONS", 3)
    idle = (HEAD + b"\r\n", MOST)
    async with _held(served, idle, idle, idle, (b"", MOST), (b"", MOST), (HEAD, MOST)) as (*gone, first, _, _):
        assert [await _rest(each) for each in gone] == [b"", b"", b""]
        assert not first.at_eof()


async def test_whoever_has_most_connections_gives_one_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_CONNECTIONS", 4)
    async with _held(served, (b"", FEW), (HEAD, MOST), (HEAD, MOST), (HEAD, MOST)) as (few, *most):
        for address, gone in ((FEW, most[0]), (MOST, most[1])):
            async with _held(served, (HEAD, address)):
                assert await _rest(gone) == b""
                assert not few.at_eof()
            await eventually_async(lambda: _true(served.connections == 3), "one fewer")
            monkeypatch.setattr(server, "_CONNECTIONS", 3)


async def test_nobody_gives_one_up_for_who_has_more(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_CONNECTIONS", 3)
    async with _held(served, (b"", FEW), (BUSY, MOST), (BUSY, MOST)) as (few, *_):
        problem(await served.asked(ASKED, address=MOST), 503, "tijdelijk-niet-beschikbaar")
        assert not few.at_eof()
        assert (await served.asked(ASKED, address=FEW)).startswith(b"HTTP/1.1 200")
        assert await _rest(few) == b""


async def test_who_does_not_read_his_answers_is_hung_up_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_READING_SECONDS", 0.2)
    asks = b"GET /v1/groot HTTP/1.1\r\nHost: proef\r\n\r\n" * 16
    async with served.connected(asks) as (reader, _):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await eventually_async(lambda: _true(served.connections == 1), "the connection")
        await eventually_async(lambda: _true(served.connections == 0), "no connection left")


@pytest.mark.parametrize("after", ["close", "keep-alive"])
async def test_the_last_answer_is_not_kept_for_who_never_reads_it(
    served: Served, measured: InMemoryMetricReader, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """Less than a transport tells of by itself, and more than the network takes."""
    monkeypatch.setattr(server, "_READING_SECONDS", 0.2)
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    asking.setblocking(False)
    await asyncio.get_running_loop().sock_connect(asking, ("127.0.0.1", served.port))
    with asking:
        await eventually_async(lambda: _true(served.connections == 1), "the connection")
        [found] = served._server.server_state.connections
        found.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        asking.send(f"GET /v1/groot?bytes=50000 HTTP/1.1\r\nHost: proef\r\nConnection: {after}\r\n\r\n".encode())
        await eventually_async(lambda: _true(found.cycle and found.cycle.response_complete), "the answer")
        await eventually_async(lambda: _true(served.connections == 0), "no connection left")
    assert refused(measured) == {"unread": 1}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("reason", "sent"),
    {
        "silent": (b"", b""),
        "head-time": (HEAD, b""),
        "head-size": (HEAD + b"X-A: b\r\n" * 4000, b""),
        "unreadable": (b"gibberish\r\n\r\n", b""),
        "body-time": (b"", b"Content-Length: 14"),
        "body-size": (b"", b"Content-Length: 70000"),
    }.items(),
)
async def test_every_refusal_is_counted_by_its_reason(
    served: Served,
    issuer: Issuer,
    measured: InMemoryMetricReader,
    reason: str,
    sent: tuple[bytes, bytes],
) -> None:
    head, length = sent
    await served.asked(head or (post(issuer.token(), length.decode()) if length else b""))
    assert refused(measured) == {reason: 1}


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
async def test_a_body_behind_an_offer_of_another_protocol_is_no_next_request(
    served: Served, issuer: Issuer, protocol: str
) -> None:
    """MagicStack/httptools#124: the parser gives no body, and takes what stands in its place for what comes next."""
    served._server.config.timeout_keep_alive = 0.1
    inside = HEAD + b"\r\n"
    offer = ("Connection: Upgrade", f"Upgrade: {protocol}")
    async with served.connected(post(issuer.token(), f"Content-Length: {len(inside)}", *offer)) as (reader, writer):
        said = await reader.readuntil(b"\r\n\r\n")
        writer.write(inside)
        problem(said + await _rest(reader), 400, "verzoek-onleesbaar")
    said = await served.asked(HEAD + "\r\n".join((*offer, "", "")).encode())
    assert b"connection: close" in said
    assert said.count(b"HTTP/1.1 200 ") == 1


async def test_requests_are_not_piled_up_before_they_are_answered(
    served: Served, measured: InMemoryMetricReader
) -> None:
    """Uvicorn reads on at each request that it answers, whatever lies there (HTTP pipelining, Kludex/uvicorn#115)."""
    said = await served.asked((HEAD + b"\r\n") * 2 * server._AHEAD)
    assert said.count(b"HTTP/1.1 200 ") == said.count(b"HTTP/1.1 ") == 1 + server._AHEAD
    assert refused(measured) == {"unreadable": 1}


@pytest.mark.parametrize("coding", [",chunked", "gzip, chunked"])
async def test_a_body_in_another_coding_than_pieces_is_not_read(served: Served, issuer: Issuer, coding: str) -> None:
    """Benoitc/gunicorn#3087: a proxy may take it for another length, and what it decodes is another body."""
    sent = post(issuer.token(), f"Transfer-Encoding: {coding}") + b"e\r\n" + BODY + b"\r\n0\r\n\r\n"
    problem(await served.asked(sent), 400, "verzoek-onleesbaar")


async def test_http_1_0_knows_neither_pieces_nor_a_question_before_the_body(served: Served, issuer: Issuer) -> None:
    old = post(issuer.token(), CHUNKED).replace(b"HTTP/1.1", b"HTTP/1.0") + b"e\r\n" + BODY + b"\r\n0\r\n\r\n"
    problem(await served.asked(old), 400, "verzoek-onleesbaar")
    asked = post(issuer.token(), "Content-Length: 14", "Expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0")
    assert (await served.asked(asked + BODY)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("host", ["proef/v1/x?", "proef#", "een twee", "wie@proef", "["])
async def test_a_host_that_is_none_is_refused(served: Served, host: str) -> None:
    """Kludex/starlette#3279: who puts an address together of it reads another path than the one that is answered."""
    said = await served.asked(f"GET /v1/x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    problem(said, 400, "verzoek-onleesbaar")
