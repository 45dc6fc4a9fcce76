"""The vault: nobody reads a row with another's key, ref or without the key; keys can be changed."""

import base64
import json
import secrets
from uuid import UUID, uuid4

import pytest

from brp_proxy.adapters.kluis import Kluis, KluisError, Namen, Sleutels
from brp_proxy.domain.bsn import Bsn
from contracts.base import OuderRef

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


NAMEN = Namen(BSN, {OuderRef(UUID(int=7)): Bsn("999999126")})


def test_what_is_locked_opens_for_the_same_person_only() -> None:
    ene = kluis(bestand(1, 1))
    sleutel = ene.nieuwe_sleutel()
    dicht = ene.versluit(REF, sleutel, b"naam")
    assert ene.ontsluit(REF, sleutel, dicht) == b"naam"
    assert b"naam" not in dicht
    for ref, andere in ((UUID(int=1), sleutel), (REF, ene.nieuwe_sleutel())):
        with pytest.raises(KluisError):
            ene.ontsluit(ref, andere, dicht)


def test_key_and_names_are_wrapped_for_the_same_person_only_and_anew_each_time() -> None:
    ene = kluis(bestand(1, 1))
    sleutel = ene.nieuwe_sleutel()
    ingepakt, opnieuw = ene.pak_in(REF, sleutel, NAMEN), ene.pak_in(REF, sleutel, NAMEN)
    assert ene.pak_uit(REF, ingepakt.sleutel, 1) == ene.pak_uit(REF, opnieuw.sleutel, 1) == sleutel
    assert ene.namen(REF, ingepakt.namen, 1) == NAMEN
    assert not {ingepakt.sleutel, ingepakt.namen} & {opnieuw.sleutel, opnieuw.namen}
    for ref, dicht in ((UUID(int=1), ingepakt.sleutel), (REF, ingepakt.namen)):
        with pytest.raises(KluisError):
            ene.pak_uit(ref, dicht, 1)
    with pytest.raises(KluisError):
        ene.namen(REF, ingepakt.sleutel, 1)


def test_without_the_kek_no_key_opens() -> None:
    inhoud = bestand(1, 1)
    ingepakt = kluis(inhoud).pak_in(REF, b"s" * 32, NAMEN)
    for ander in (kluis(bestand(1, 1)), kluis({**bestand(2, 2), "kek": {"2": sleutel()}})):
        with pytest.raises(KluisError):
            ander.pak_uit(REF, ingepakt.sleutel, ingepakt.kekversie)


def test_each_kind_of_key_has_versions_of_its_own() -> None:
    oud = bestand(2, 1)
    inhoud = {kind: {"actief": 1, "sleutels": oud[kind]} for kind in ("kek", "hmac")}
    assert kluis(inhoud).indexen(BSN) == kluis(oud).indexen(BSN), "a file of before is read as well"
    anders = kluis(inhoud | {"kek": {"actief": 2, "sleutels": oud["kek"]}})
    assert anders.index(BSN).versie == 1
    assert anders.pak_in(REF, b"s" * 32, NAMEN).kekversie == 2


def test_a_changed_key_still_finds_and_opens_what_the_old_one_made() -> None:
    inhoud = bestand(2, 1)
    oud, nieuw = kluis(inhoud), kluis({**inhoud, "actief": 2})
    assert nieuw.pak_uit(REF, oud.pak_in(REF, b"s" * 32, NAMEN).sleutel, 1) == b"s" * 32
    assert nieuw.index(BSN) in oud.indexen(BSN)
    assert set(nieuw.indexen(BSN)) == set(oud.indexen(BSN))
    assert nieuw.slot(BSN) == oud.slot(BSN)


def test_a_process_that_has_the_older_key_active_takes_nothing_back() -> None:
    oud = kluis(bestand(2, 1))
    assert (oud.index(BSN, 2).versie, oud.pak_in(REF, b"s" * 32, NAMEN, 2).kekversie) == (2, 2)
    assert (oud.index(BSN, 3).versie, oud.pak_in(REF, b"s" * 32, NAMEN, 3).kekversie) == (1, 1), "it does not know 3"


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
