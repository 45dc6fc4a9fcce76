"""A BSN is nine digits that pass the eleven-test, and is never printed."""

import pytest

from brp_proxy.domain.bsn import Bsn
from platformkit.errors import DomainError


@pytest.mark.parametrize(
    "tekst", ["", "99999677", "9999967700", "999 996 770", "999999245", "000000000", "٩٩٩٩٩٦٧٧٠", "999996770\n", "abc"]
)
@pytest.mark.regel("R030")
def test_what_is_no_bsn_is_refused(tekst) -> None:
    with pytest.raises(DomainError, match="bsn-ongeldig"):
        Bsn.ingevoerd(tekst)


def test_a_bsn_is_never_printed() -> None:
    bsn = Bsn.ingevoerd("999996770")
    assert "999996770" not in f"{bsn} {bsn!r} {[bsn]}"


@pytest.mark.parametrize("waarde", [None, "", "1", 999996770, {}])
def test_a_parent_without_a_usable_bsn_has_none(waarde) -> None:
    assert Bsn.geregistreerd(waarde) is None
