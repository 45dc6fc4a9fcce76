"""What a request tells a trace, a metric and a log: the route's template, and nothing of who asks or of whom (D12)."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased
from pydantic import BaseModel

from platformkit import telemetry
from platformkit.health import Heartbeat
from platformkit.http import edge
from platformkit.http.app import create_app
from platformkit.http.auth import TokenVerifier, require
from platformkit.http.namens import NamensReader
from platformkit.testing.issuer import ISSUER, Issuer

BSN, NAME = "999970021", "Jansen"
CANARIES = (BSN, NAME, "9.9.9.9", "geheim-programma", "geheim-koekje")
FOREIGN = f"00-{'a' * 32}-{'b' * 16}-01"
JSON = {"content-type": "application/json"}


class Ding(BaseModel):
    naam: str


router = APIRouter(prefix="/dingen")


@router.get("/{ding_id}", dependencies=[Depends(require("signalen:lezen"))])
async def ding(ding_id: UUID, limiet: int = 1) -> dict[str, str]:
    return {"traceparent": telemetry.current_traceparent() or ""}


@router.get("/{ding_id}/contactgegevens", dependencies=[Depends(require("contactgegevens:lezen"))])
async def voor_match(ding_id: UUID) -> dict[str, str]:
    return await ding(ding_id)


@router.post("", dependencies=[Depends(require("signalen:lezen"))])
async def maken(ding: Ding) -> dict[str, str]:
    if ding.naam == NAME:
        raise RuntimeError(NAME)
    return {}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider(sampler=ParentBased(telemetry._Causes()))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    return exporter


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryMetricReader]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    made = provider.get_meter("test").create_histogram("http.server.request.duration", unit="s")
    monkeypatch.setattr(edge, "_seconds", made)
    yield reader
    provider.shutdown()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def api(
    issuer: Issuer, spans: InMemorySpanExporter, measured: InMemoryMetricReader
) -> AsyncIterator[httpx.AsyncClient]:
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
    transport = httpx.ASGITransport(app, client=("9.9.9.9", 9))
    headers = {"authorization": f"Bearer {issuer.token()}", "user-agent": "geheim-programma", "cookie": "geheim-koekje"}
    async with httpx.AsyncClient(transport=transport, base_url="http://proef", headers=headers) as client:
        yield client


GET = "GET /v1/dingen/{ding_id}"
NIL = "00000000-0000-4000-8000-000000000000"
BAD = {"authorization": f"Bearer {BSN}"}


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "name"),
    [
        ("GET", f"/v1/dingen/{NIL}", {}, 200, GET),
        ("GET", f"/v1/dingen/{NIL}?naam=Jan%20{NAME}", {}, 400, GET),
        ("GET", f"/v1/dingen/{BSN}", {}, 400, GET),
        ("GET", f"/v1/dingen/{BSN}", {"headers": BAD}, 401, "GET ?"),
        ("DELETE", f"/v1/dingen/{BSN}", {}, 405, "DELETE /v1/dingen/{ding_id}"),
        ("GET", f"/v1/{NAME}/{BSN}?{BSN}={NAME}", {}, 404, "GET ?"),
        ("GET", f"/v1/dingen/{BSN}%00", {}, 404, "GET ?"),
        (NAME.upper(), f"/v1/dingen/{BSN}", {}, 405, "_OTHER /v1/dingen/{ding_id}"),
        ("POST", "/v1/dingen", {"content": BSN.encode(), "headers": JSON}, 400, "POST /v1/dingen"),
        ("POST", "/v1/dingen", {"json": {"naam": NAME}}, 500, "POST /v1/dingen"),
        ("POST", "/v1/dingen", {"content": f"{{{NAME}".encode(), "headers": JSON}, 400, "POST ?"),
    ],
)
async def test_no_canary_sings_at_the_edge(
    api: httpx.AsyncClient,
    spans: InMemorySpanExporter,
    measured: InMemoryMetricReader,
    capsys: pytest.CaptureFixture[str],
    *,
    method: str,
    path: str,
    sent: dict[str, Any],
    status: int,
    name: str,
) -> None:
    assert (await api.request(method, path, **sent)).status_code == status
    [span] = spans.get_finished_spans()
    assert span.name == name
    keys = {"http.request.method", "http.response.status_code", "http.route"}
    assert span.attributes.keys() == keys
    data: Any = measured.get_metrics_data()
    [metric] = data.resource_metrics[0].scope_metrics[0].metrics
    assert all(point.attributes.keys() == keys for point in metric.data.data_points)
    said = capsys.readouterr()
    told = span.to_json() + data.to_json() + said.out + said.err
    assert [canary for canary in CANARIES if canary.lower() in told.lower()] == []


def test_the_framework_traces_nothing_itself(api: httpx.AsyncClient) -> None:
    """Its own spans hold paths and queries, and continue anybody's trace."""
    app: Any = api._transport.app  # type: ignore[attr-defined]
    assert not any(app._telemetry[each] for each in ("tracing", "metrics", "logs"))


@pytest.mark.parametrize("flag", ["00", "01"])
async def test_a_trace_begins_at_our_edge_and_links_to_that_of_a_client(
    api: httpx.AsyncClient, spans: InMemorySpanExporter, flag: str
) -> None:
    sent = FOREIGN[:-2] + flag
    said = (await api.get(f"/v1/dingen/{NIL}", headers={"traceparent": sent})).json()["traceparent"]
    [span] = spans.get_finished_spans()
    assert span.parent is None
    assert said == telemetry._traceparent(span.context)
    assert "a" * 32 not in said
    assert said.endswith("-01")
    assert [telemetry._traceparent(link.context) for link in span.links] == [sent]


@pytest.mark.parametrize(
    "headers",
    [
        [("traceparent", FOREIGN.replace("00-", "ff-", 1))],
        [("traceparent", FOREIGN + "-meer")],
        [("traceparent", f"00-{BSN}")],
        [("traceparent", FOREIGN), ("traceparent", FOREIGN)],
        [("tracestate", f"bsn={BSN}"), ("baggage", f"bsn={BSN}")],
        [("b3", f"{'a' * 32}-{'b' * 16}-0"), ("x-b3-sampled", "0")],
        [("uber-trace-id", f"{'a' * 32}:{'b' * 16}:0:0")],
    ],
)
async def test_what_is_no_traceparent_leaves_no_trace(
    api: httpx.AsyncClient, spans: InMemorySpanExporter, headers: list[tuple[str, str]]
) -> None:
    assert (await api.get(f"/v1/dingen/{NIL}", headers=headers)).json()["traceparent"].endswith("-01")
    [span] = spans.get_finished_spans()
    assert span.parent is None
    assert not span.links
    assert not span.context.trace_state
    assert BSN not in span.to_json()


@pytest.mark.parametrize(
    ("client", "flag", "recorded"), [("portaal", "00", 1), ("portaal", "01", 1), ("match", "01", 1), ("match", "00", 0)]
)
async def test_the_portal_and_a_service_go_on_with_their_own_trace(
    api: httpx.AsyncClient, spans: InMemorySpanExporter, issuer: Issuer, *, client: str, flag: str, recorded: int
) -> None:
    """A service may leave a chain untraced, such as that of a loop; a browser, which the portal speaks for, may not."""
    path, token = (
        (NIL, issuer.token(client_id=client))
        if client == "portaal"
        else (f"{NIL}/contactgegevens", issuer.of_service(client))
    )
    headers = {"authorization": f"Bearer {token}", "traceparent": FOREIGN[:-2] + flag}
    said = (await api.get(f"/v1/dingen/{path}", headers=headers)).json()["traceparent"]
    assert said[3:35] == "a" * 32
    assert [telemetry._traceparent(span.parent) for span in spans.get_finished_spans() if span.parent] == [
        FOREIGN
    ] * recorded


async def test_who_asks_comes_before_what_is_asked(api: httpx.AsyncClient) -> None:
    api.headers.pop("authorization")
    answer = await api.get(f"/v1/dingen/{NIL}?onbekend=1")
    assert (answer.status_code, answer.json()["code"]) == (401, "niet-ingelogd")


async def test_a_person_whose_client_is_named_as_a_service_has_no_trace_to_go_on_with(
    api: httpx.AsyncClient, spans: InMemorySpanExporter, issuer: Issuer
) -> None:
    headers = {"authorization": f"Bearer {issuer.token(client_id='match')}", "traceparent": FOREIGN}
    assert (await api.get(f"/v1/dingen/{NIL}", headers=headers)).status_code == 403
    [span] = spans.get_finished_spans()
    assert span.parent is None
    assert [telemetry._traceparent(link.context) for link in span.links] == [FOREIGN]


async def test_a_body_comes_with_a_token(api: httpx.AsyncClient) -> None:
    for authorization in ("", "Basic YTpi", "Bearer", BAD["authorization"]):
        answer = await api.post("/v1/dingen", content=b"{", headers={**JSON, "authorization": authorization})
        assert (answer.status_code, answer.json()["code"]) == (401, "niet-ingelogd")
        assert answer.headers["www-authenticate"] == "Bearer"


BODY = b'{"naam": "x"}'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"naam": "x", "naam": "y"}', "ongeldige-json"),
        (b'{"naam": "x", "a": {"b": 1, "b": 1}}', "ongeldige-json"),
        (b'{"naam": "x", "a": NaN}', "ongeldige-json"),
        (b'{"naam": "x", "a": -Infinity}', "ongeldige-json"),
        (b'{"naam": "x", "a": 1e999}', "ongeldige-json"),
        (b'{"naam": "x", "a": ' + b"9" * 5000 + b"}", "ongeldige-json"),
        (b'{"naam": "x", "a": ' + b"[" * 2000 + b"]" * 2000 + b"}", "ongeldige-json"),
        (b'{"naam": "\xff"}', "ongeldige-json"),
        (b"\xef\xbb\xbf" + BODY, "ongeldige-json"),
        (BODY.decode().encode("utf-16"), "ongeldige-json"),
        (BODY + b"{}", "ongeldige-json"),
        (b'{"naam": 1e999}', "ongeldige-json"),
        (b'{"naam": ["x"]}', "ongeldige-invoer"),
    ],
)
async def test_a_body_that_two_readers_read_differently_is_refused(
    api: httpx.AsyncClient, content: bytes, code: str
) -> None:
    answer = await api.post("/v1/dingen", content=content, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"content-encoding": "gzip"}, 415, "verkeerd-mediatype"),
        ({"content-type": "text/json"}, 415, "verkeerd-mediatype"),
        ({"content-type": ""}, 415, "verkeerd-mediatype"),
        ({"content-encoding": "identity"}, 200, None),
        ({"content-type": "Application/JSON; charset=utf-8"}, 200, None),
    ],
)
async def test_a_body_in_another_form(
    api: httpx.AsyncClient, headers: dict[str, str], status: int, code: str | None
) -> None:
    answer = await api.post("/v1/dingen", content=BODY, headers={**JSON, **headers})
    assert (answer.status_code, answer.json().get("code")) == (status, code)


@pytest.mark.parametrize("name", ["authorization", "content-type", "host", "idempotency-key", "namens"])
async def test_a_header_that_decides_stands_there_once(api: httpx.AsyncClient, issuer: Issuer, name: str) -> None:
    good = {**JSON, "authorization": f"Bearer {issuer.token()}", "host": "proef"}
    twice = [*good.items(), *[(name, good.get(name, "x"))] * (1 if name in good else 2)]
    api.headers.pop("authorization")
    answer = await api.post("/v1/dingen", content=BODY, headers=twice)
    assert (answer.status_code, answer.json()["code"]) == (400, "verzoek-onleesbaar")


@pytest.mark.parametrize(
    ("path", "status", "fields"),
    [
        (f"/v1/dingen/{NIL}?limiet=1&limiet=2", 400, {"limiet"}),
        (f"/v1/dingen/{NIL}?limiet=1&onbekend=2", 400, {"onbekend"}),
        (f"/v1/dingen/{NIL}?Jan%20{NAME}", 400, {"?"}),
        (f"/v1/dingen/{NIL}?Jan%20{NAME}=1", 400, {"?"}),
        (f"/v1/dingen/{NIL}?limiet=1e999", 400, {"limiet"}),
        (f"/v1/dingen/{NIL}?limiet=%ff", 400, {"limiet"}),
        (f"/v1/dingen/{NIL}?limiet=%00", 400, None),
        (f"/v1/dingen%2f{NIL}", 404, None),
        (f"/v1/dingen/{NIL}%5c..", 404, None),
        (f"/v1/dingen/{NIL}/", 404, None),
        ("//elders.example/", 404, None),
    ],
)
async def test_a_path_and_query_that_are_not_ours(
    api: httpx.AsyncClient, path: str, status: int, fields: set[str] | None
) -> None:
    answer = await api.get(f"http://proef{path}")
    assert answer.status_code == status, answer.text
    assert "location" not in answer.headers
    if fields:
        assert {each["veld"] for each in answer.json()["fouten"]} == fields


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
async def test_a_method_that_is_not_there(api: httpx.AsyncClient, method: str) -> None:
    answer = await api.request(method, f"/v1/dingen/{NIL}")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    if method != "HEAD":
        assert json.loads(answer.content)["code"] == "methode-niet-toegestaan"
