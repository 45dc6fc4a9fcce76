"""The vault: nobody reads a row with another's key, ref or without the key; keys can be changed."""

import base64
import json
import secrets
from uuid import UUID, uuid4

import pytest

from brp_proxy.adapters.kluis import Kluis, KluisError, Sleutels, Versluiteld
from brp_proxy.domain.bsn import Bsn

BSN = Bsn("999996770")
REF = uuid4()


def sleutel() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def bestand(versies: int, actief: int) -> dict[str, object]:
    def keys() -> dict[str, str]:
        return {str(versie): sleutel() for versie in range(1, versies + 1)}

    return {"kek": keys(), "hmac": keys(), "actief": actief}


def kluis(inhoud: dict[str, object]) -> Kluis:
    return Kluis(Sleutels.model_validate_json(json.dumps(inhoud)))


def test_what_is_locked_opens_for_the_same_person_only() -> None:
    ene = kluis(bestand(1, 1))
    dicht = ene.versluit(REF, b"naam")
    assert ene.ontsluit(REF, dicht) == b"naam"
    assert b"naam" not in dicht.gegevens
    with pytest.raises(KluisError):
        ene.ontsluit(UUID(int=1), dicht)


def test_every_person_and_every_renewal_has_a_data_key_of_its_own() -> None:
    ene = kluis(bestand(1, 1))
    eerste, tweede = ene.versluit(REF, b"naam"), ene.versluit(REF, b"naam")
    with pytest.raises(KluisError):
        ene.ontsluit(REF, Versluiteld(eerste.gegevens, tweede.sleutel, 1))


def test_without_the_kek_nothing_opens() -> None:
    dicht = kluis(bestand(1, 1)).versluit(REF, b"naam")
    for ander in (kluis(bestand(1, 1)), kluis({**bestand(2, 2), "kek": {"2": sleutel()}})):
        with pytest.raises(KluisError):
            ander.ontsluit(REF, dicht)


def test_a_changed_key_still_finds_and_opens_what_the_old_one_made() -> None:
    inhoud = bestand(2, 1)
    oud, nieuw = kluis(inhoud), kluis({**inhoud, "actief": 2})
    assert nieuw.ontsluit(REF, oud.versluit(REF, b"naam")) == b"naam"
    assert [index.versie for index in nieuw.indexen(BSN)] == [2, 1]
    assert set(nieuw.indexen(BSN)) == set(oud.indexen(BSN))
    assert nieuw.slot(BSN) == oud.slot(BSN)


@pytest.mark.parametrize(
    "fout",
    [
        {"actief": 3},
        {"kek": {"1": "kort"}},
        {"kek": {"1": base64.b64encode(b"kort").decode()}},
        {"hmac": {}},
        {"nog": "iets"},
    ],
)
def test_a_wrong_key_file_is_refused_without_quoting_it(tmp_path, fout) -> None:
    inhoud = bestand(1, 1) | fout
    (tmp_path / "sleutels.json").write_text(json.dumps(inhoud))
    with pytest.raises(ValueError, match="not a usable key file") as error:
        Sleutels.lees(tmp_path / "sleutels.json")
    assert not any(key in str(error.value) for kind in ("kek", "hmac") for key in inhoud[kind].values())
    assert "kort" not in str(error.value)


def test_one_key_for_two_uses_is_refused(tmp_path) -> None:
    gelijk = {"1": sleutel()}
    (tmp_path / "sleutels.json").write_text(json.dumps({"kek": gelijk, "hmac": gelijk, "actief": 1}))
    with pytest.raises(ValueError, match="every key"):
        Sleutels.lees(tmp_path / "sleutels.json")
