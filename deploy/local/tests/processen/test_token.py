"""make token against the real issuer, with signaal played by respx."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from lokaal.gemeenten import CODES
from lokaal.token import TokenError, main, professional_id, slug, token

SIGNAAL = "http://signaal.test"
JEUGDBESCHERMING = {
    "organisatieId": "6f7c1b7e-0000-4000-8000-000000000001",
    "naam": "Jeugdbescherming Regio Amsterdam",
    "soort": "gi",
    "locaties": [
        {"locatieId": "l-amsterdam", "naam": "Amsterdam", "gemeente": "0363", "convenant": "amsterdam"},
        {"locatieId": "l-zaanstad", "naam": "Zaandam", "gemeente": "Zaanstad", "convenant": "amsterdam"},
    ],
}
GGD = {"organisatieId": "6f7c1b7e-0000-4000-8000-000000000002", "naam": "GGD Amsterdam", "soort": "ggd", "locaties": []}


@pytest.fixture(scope="module")
def oidc(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return start("lokaal.oidc", tmp_path_factory.mktemp("token"), OIDC_CLIENTS='{"lokaal": {"secret": "geheim"}}')


@pytest.fixture
def stack(oidc: Any, tmp_path: Path) -> Path:
    inhoud = {
        "apis": {"signaal": SIGNAAL},
        "oidc": {"issuer": oidc.url, "client": {"id": "lokaal", "secret": "geheim"}},
    }
    (tmp_path / "stack.json").write_text(json.dumps(inhoud))
    return tmp_path / "stack.json"


@pytest.fixture
def signaal(oidc: Any) -> Any:
    with respx.mock(assert_all_called=False) as mock:
        mock.route(url__startswith=oidc.url).pass_through()

        def organisaties(request: httpx.Request) -> httpx.Response:
            gezocht = request.url.params.get("naam", "").casefold()
            namen = {
                "jbra": JEUGDBESCHERMING,
                "ggd amsterdam": GGD,
                JEUGDBESCHERMING["naam"].casefold(): JEUGDBESCHERMING,
            }
            items = [JEUGDBESCHERMING, GGD] if not gezocht else [namen[gezocht]] if gezocht in namen else []
            return httpx.Response(200, json={"items": items})

        mock.get(f"{SIGNAAL}/v1/organisaties").mock(side_effect=organisaties)
        mock.put(url__regex=f"{SIGNAAL}/v1/professionals/.*", name="toelaten").respond(
            201, json={"professionalId": "p", "accountId": "a"}
        )
        yield mock


@pytest.fixture
def make(stack: Path, signaal: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`make token` with these variables."""

    def _make(**variabelen: str) -> int:
        monkeypatch.setenv("RUN_DIR", str(stack.parent))
        for naam in ("professional", "rol", "organisatie", "api", "gemeente", "client"):
            monkeypatch.setenv(naam.upper(), variabelen.get(naam, ""))
        return main()

    return _make


def claims(gegeven: str) -> dict[str, Any]:
    payload = gegeven.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def test_admits_a_professional(stack: Path, signaal: Any, oidc: Any) -> None:
    found = claims(token(stack, "Anna de Vries", "professional", "jeugdbescherming regio amsterdam"))
    assert (found["sub"], found["rol"], found["client_id"]) == ("anna-de-vries", "professional", "demo")
    assert found["organisatie"] == JEUGDBESCHERMING["organisatieId"]
    assert "gemeenten" not in found
    request = signaal["toelaten"].calls.last.request
    assert request.url.path == f"/v1/professionals/{professional_id('anna-de-vries')}"
    assert json.loads(request.content) == {
        "naam": "Anna de Vries",
        "email": "anna-de-vries@postvak.test",
        "issuer": oidc.url,
        "subject": "anna-de-vries",
        "organisatieId": JEUGDBESCHERMING["organisatieId"],
        "locatieId": "l-amsterdam",
    }
    beheerder = claims(request.headers["authorization"].removeprefix("Bearer "))
    assert (beheerder["rol"], beheerder["scope"]) == ("functioneel-beheerder", "deelnemers:beheren")


@pytest.mark.parametrize("gemeente", ["zaanstad", "0479"])
def test_gemeente_picks_the_location(stack: Path, signaal: Any, gemeente: str) -> None:
    token(stack, "Anna", "professional", "JBRA", gemeente)
    assert json.loads(signaal["toelaten"].calls.last.request.content)["locatieId"] == "l-zaanstad"


def test_client_is_taken_over(stack: Path, signaal: Any) -> None:
    assert claims(token(stack, "Anna", "professional", "JBRA", client="bron-app"))["client_id"] == "bron-app"


def test_a_functionary_has_gemeenten_and_no_account(stack: Path, signaal: Any) -> None:
    found = claims(token(stack, "Bert", "coordinator", None, "Amsterdam, 0384"))
    assert found["gemeenten"] == ["0363", "0384"]
    assert "organisatie" not in found
    assert not signaal["toelaten"].called


def test_a_manager_needs_no_gemeente(stack: Path, signaal: Any) -> None:
    assert "gemeenten" not in claims(token(stack, "Bert", "functioneel-beheerder", ""))


@pytest.mark.parametrize(
    ("wat", "zegt"),
    [
        ({"rol": "koning"}, "Onbekende rol 'koning'"),
        ({"api": "brp-proxy"}, "Onbekende API 'brp-proxy'. Kies uit: signaal, match."),
        ({"professional": " "}, "PROFESSIONAL=<naam>"),
        ({"organisatie": ""}, "ORGANISATIE=<naam>"),
        ({"organisatie": "Jeugdbescherming Amsterdm"}, "Lijkt op: Jeugdbescherming Regio Amsterdam"),
        ({"organisatie": "xyz"}, "Kies uit: GGD Amsterdam, Jeugdbescherming Regio Amsterdam"),
        ({"organisatie": "GGD Amsterdam"}, "heeft geen locatie"),
        ({"gemeente": "Diemen"}, "heeft geen locatie in Diemen. Wel in: 0363, Zaanstad"),
        ({"gemeente": "Lutjebroek"}, "Onbekende gemeente 'Lutjebroek'"),
        ({"rol": "coordinator"}, "geef GEMEENTE="),
    ],
)
def test_says_what_is_wrong_in_one_line(
    make: Callable[..., int], capsys: pytest.CaptureFixture[str], wat: dict[str, str], zegt: str
) -> None:
    assert make(**({"professional": "Anna", "organisatie": "JBRA"} | wat)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert zegt in said.err
    assert said.err.count("\n") == 1


def test_prints_the_token_only(make: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert make(professional="Anna", organisatie="JBRA", client="bron-app") == 0
    said = capsys.readouterr()
    assert said.err == ""
    found = claims(said.out.strip())
    assert (found["sub"], found["rol"], found["client_id"]) == ("anna", "professional", "bron-app")
    assert found["aud"] == "signaal"


def test_each_api_has_tokens_of_its_own(make: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert make(professional="Anna", organisatie="JBRA", api="match") == 0
    found = claims(capsys.readouterr().out.strip())
    assert (found["aud"], found["scope"]) == ("match", "matches:lezen")
    assert make(professional="Bert", rol="coordinator", gemeente="Amsterdam", api="match") == 0
    assert claims(capsys.readouterr().out.strip())["aud"] == "match"


def test_passes_on_a_refusal_of_signaal(stack: Path, signaal: Any) -> None:
    signaal["toelaten"].respond(409, json={"detail": "Dit e-mailadres hoort bij iemand anders."})
    with pytest.raises(TokenError, match="hoort bij iemand anders"):
        token(stack, "Anna", "professional", "JBRA")


def test_passes_on_a_refusal_of_the_issuer(stack: Path, signaal: Any) -> None:
    stack.write_text(stack.read_text().replace("geheim", "verkeerd"))
    with pytest.raises(TokenError, match="OIDC-uitgever weigert"):
        token(stack, "Anna", "professional", "JBRA")


def test_without_a_running_stack(stack: Path, tmp_path: Path) -> None:
    with pytest.raises(TokenError, match="make up"):
        token(tmp_path / "geen.json", "Anna", "professional", "JBRA")
    stack.write_text(
        '{"apis": {"signaal": "x"}, "oidc": {"issuer": "http://127.0.0.1:9", "client": {"id": "l", "secret": "x"}}}'
    )
    with pytest.raises(TokenError, match="antwoordt niet"):
        token(stack, "Anna", "professional", "JBRA")
    stack.write_text("{}")
    with pytest.raises(TokenError, match="ontbreekt"):
        token(stack, "Anna", "professional", "JBRA")


@pytest.mark.parametrize(
    ("naam", "verwacht"),
    [("Anna de Vries", "anna-de-vries"), ("  Z\u00fcl\u00e2l O'Neil ", "zulal-o-neil"), ("\u4e2d", "")],
)
def test_slug(naam: str, verwacht: str) -> None:
    assert slug(naam) == verwacht


def test_thirteen_gemeenten_and_haarlem() -> None:
    assert len(set(CODES.values())) == 14
