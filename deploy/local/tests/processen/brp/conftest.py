"""One BRP simulator, which every test finds as it began."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from deploy.local.tests.processen.brp.vragen import API_KEY


@pytest.fixture(scope="session")
def brp(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    run_dir = tmp_path_factory.mktemp("brp")
    klok = run_dir / "klok"
    klok.write_text("0")
    return start("lokaal.simulatoren.brp", run_dir, BRP_API_KEY=API_KEY, KLOK_BESTAND=str(klok))


@pytest.fixture
def client(brp: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=brp.url, headers={"X-API-KEY": API_KEY}, timeout=10) as http:
        http.delete("/_besturing")
        yield http
        http.delete("/_besturing")
