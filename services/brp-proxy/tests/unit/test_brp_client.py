"""What a question to the BRP becomes, answered or not."""

import httpx
import pytest
from pydantic import SecretStr

from brp_proxy.adapters.http.brp import BrpClient
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.doel import Verwerkingsdoel
from platformkit.errors import DomainError
from platformkit.testing import Pretended

BSN = Bsn("999996770")


def brp(status: int, inhoud: object) -> BrpClient:
    return BrpClient(Pretended(lambda _: httpx.Response(status, json=inhoud)), "http://brp", SecretStr("x"))


@pytest.mark.parametrize(
    ("status", "inhoud"),
    [
        (400, {"invalidParams": [{"code": "unique", "name": "burgerservicenummer"}]}),
        (200, {"personen": [{"burgerservicenummer": BSN.waarde}] * 2}),
    ],
)
async def test_two_lists_with_one_bsn_are_a_refusal_and_a_log_event(status, inhoud, capsys) -> None:
    with pytest.raises(DomainError, match="bsn-niet-uniek"):
        await brp(status, inhoud).raadpleeg(BSN, Verwerkingsdoel.SIGNAAL)
    assert "brp_bsn_niet_uniek" in (told := capsys.readouterr().out)
    assert BSN.waarde not in told
