"""The client for other processes, against a server that behaves and one that does not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from platformkit.http import calls
from platformkit.http.calls import Http, UnansweredError

Serve = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as made:
        yield made


@pytest.fixture
async def start() -> AsyncIterator[Callable[[Serve], Awaitable[str]]]:
    """Starts a server that does with the head of each request what the test says; its address."""
    servers = []

    async def started(serve: Serve) -> str:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    await serve((await reader.readuntil(b"\r\n\r\n")).decode(), writer)
            except asyncio.IncompleteReadError:
                writer.close()

        servers.append(await asyncio.start_server(accept, "127.0.0.1", 0))
        return f"http://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}/v1/x"

    yield started
    for each in servers:
        each.close()


def says(head: str, body: str = "") -> Serve:
    async def serve(_request: str, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    return serve


async def test_an_answer_is_told_whatever_its_status(http: Http, start) -> None:
    answer = await http.send("GET", await start(says("409 Conflict\r\nRetry-After: 7", '{"code": "x"}')))
    assert (answer.status_code, answer.is_success, answer.json()) == (409, False, {"code": "x"})
    assert answer.headers["retry-after"] == "7"


async def test_a_redirect_is_an_answer(http: Http, start) -> None:
    assert (
        await http.send("GET", await start(says("302 Found\r\nLocation: http://elders.example/")))
    ).status_code == 302


async def test_an_answer_that_does_not_stop_is_none(http: Http, start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_LARGEST", 1_000)
    assert (await http.send("GET", await start(says("200 OK", "x" * 1_000)))).is_success
    with pytest.raises(UnansweredError):
        await http.send("GET", await start(says("200 OK", "x" * 1_001)))


async def silence(_request: str, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


async def drip(_request: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        writer.write(b"x")
        await asyncio.sleep(0.05)


async def hang_up(_request: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    writer.close()


@pytest.mark.parametrize(
    "serve", [silence, drip, hang_up, says("gibberish")], ids=["silence", "drip", "half", "no http"]
)
async def test_what_is_no_whole_answer_in_time_is_none(http: Http, start, serve: Serve) -> None:
    with pytest.raises(UnansweredError):
        await http.send("GET", await start(serve), seconds=0.3)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://", "geen adres"])
async def test_nobody_there_is_no_answer(http: Http, url: str) -> None:
    with pytest.raises(UnansweredError):
        await http.send("GET", url)


async def test_the_other_side_continues_the_trace(http: Http, start, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(calls, "_tracer", provider.get_tracer("test"))
    heard: list[str] = []

    async def serve(request: str, writer: asyncio.StreamWriter) -> None:
        heard.extend(line for line in request.split("\r\n") if line.startswith("traceparent"))
        await says("200 OK")(request, writer)

    url = await start(serve)
    headers = {"Authorization": "Bearer geheim"}
    await http.send("POST", f"{url}/999970021?naam=Jansen", content=b"{}", headers=headers, template="/v1/x/{bsn}")
    [span] = exporter.get_finished_spans()
    assert (span.name, span.kind) == ("http POST", trace.SpanKind.CLIENT)
    assert heard == [f"traceparent: 00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"]
    assert span.attributes["url.template"] == "/v1/x/{bsn}"
    assert [each for each in ("geheim", "999970021", "Jansen") if each in span.to_json()] == []
