"""What is stored can be sent; what cannot be is refused, whatever its form."""

import pytest
from pydantic import BaseModel, ValidationError

from contracts.mailadres import Mailadres, mailadres

E_ACUTE, SHARP_S, WIDE_A = "\N{LATIN SMALL LETTER E WITH ACUTE}", "\N{LATIN SMALL LETTER SHARP S}", "\uff41"


class Formulier(BaseModel):
    adres: Mailadres


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("naam@organisatie.example", "naam@organisatie.example"),
        ("Naam.O'X+y_z@Organisatie.EXAMPLE", "Naam.O'X+y_z@organisatie.example"),
        (f"x@caf{E_ACUTE}.example", "x@xn--caf-dma.example"),
        (f"x@CAF{E_ACUTE.upper()}.example", "x@xn--caf-dma.example"),
        ("x@cafe\N{COMBINING ACUTE ACCENT}.example", "x@xn--caf-dma.example"),
        ("x@xn--caf-dma.example", "x@xn--caf-dma.example"),
        (f"x@fa{SHARP_S}.example", "x@xn--fa-hia.example"),
        (f"x@{WIDE_A}.example", "x@a.example"),
        ("x@postvak.test", "x@postvak.test"),
        (f"{'a' * 64}@b.example", f"{'a' * 64}@b.example"),
    ],
)
def test_a_deliverable_form_is_kept_and_stays_what_it_is(given: str, kept: str) -> None:
    assert Formulier(adres=given).adres == kept
    assert mailadres(kept) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "naam",
        "@b.example",
        "a@",
        "a@b",
        "a@localhost",
        f"jos{E_ACUTE}@b.example",
        '"a b"@b.example',
        '"a"@b.example',
        "a b@b.example",
        " a@b.example",
        "a@b.example ",
        "a@b.example\n",
        "a@b.example\r\nBcc: c@d.example",
        "a\x00@b.example",
        "a@b.example\u200b",
        "a@b.example.",
        "a@.b.example",
        "a@b..example",
        "a..b@c.example",
        ".a@b.example",
        "a.@b.example",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@[IPv6:::1]",
        "a@b_c.example",
        "a@-b.example",
        "a@xn--a.example",
        "A <a@b.example>",
        "<a@b.example>",
        "a@b.example, c@d.example",
        "a@b@c.example",
        f"{'a' * 65}@b.example",
        f"a@{'b' * 64}.example",
        f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.example",
    ],
)
def test_what_cannot_be_sent_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Formulier(adres=given)
    (error,) = refused.value.errors()
    assert error["type"] == "string_too_long" or error["ctx"]["code"] == "email-ongeldig"
    with pytest.raises(ValueError, match="no address that mail can be sent to"):
        mailadres(given)
