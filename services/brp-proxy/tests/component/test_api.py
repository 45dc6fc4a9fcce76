"""The API as a caller sees it, over real sockets."""

import time
from uuid import UUID, uuid4

import pytest

JEUGDIGE = "999970021"
MET_GEHEIM_ADRES = "999971207"
KANARIE = "Kanarievogel"


def dag(datum: str) -> dict[str, object]:
    return {"geboorte": {"datum": {"type": "Datum", "datum": datum, "langFormaat": datum}}}


async def test_a_youth_of_the_official_set(wereld, kijk) -> None:
    antwoord = await wereld.leg_vast(JEUGDIGE)
    assert antwoord.status_code == 200
    assert antwoord.headers["api-version"]
    inhoud = antwoord.json()
    assert set(inhoud) == {
        "persoonRef", "vastgelegdOp", "uiterlijk", "woongemeente", "geheim", "leeftijdsgroep", "geslacht", "versie",
    }  # fmt: skip
    assert (inhoud["leeftijdsgroep"], inhoud["geheim"]) == ("4-12", False)
    [(soort, _, versie, _)] = await kijk.events()
    assert (soort, versie) == ("vastgelegd", 1)


async def test_known_or_not_the_answer_and_the_work_are_the_same(wereld, kijk) -> None:
    eerste = await wereld.leg_vast(JEUGDIGE)
    aanroepen = await wereld.brp_aanroepen()
    tweede = await wereld.leg_vast(JEUGDIGE)
    assert await wereld.brp_aanroepen() == aanroepen + 1
    assert eerste.status_code == tweede.status_code
    anders = {veld for veld, waarde in eerste.json().items() if tweede.json()[veld] != waarde}
    # The version is for signaal (D1), which tells nobody.
    assert anders == {"vastgelegdOp", "versie"}
    assert set(eerste.headers) == set(tweede.headers)
    assert len(await kijk.events()) == 2


async def test_half_siblings_share_one_parent(wereld, kijk) -> None:
    for bsn in ("999970021", "999970033"):
        assert (await wereld.leg_vast(bsn)).status_code == 200
    assert {"count": 2} in await kijk.rijen("select count(*) from ouder group by ouder")


async def test_a_secret_address_gives_no_woongemeente(wereld) -> None:
    inhoud = (await wereld.leg_vast(MET_GEHEIM_ADRES)).json()
    assert (inhoud["geheim"], inhoud["woongemeente"]) == (True, None)


@pytest.mark.regel("R024")
@pytest.mark.parametrize(
    ("velden", "status", "code"),
    [
        (dag("2003-01-01"), 409, "persoon-te-oud"),
        ({"opschortingBijhouding": {"reden": {"code": "O"}}}, 409, "persoon-overleden"),
        ({"opschortingBijhouding": {"reden": {"code": "F"}}}, 404, "persoon-onbekend"),
        (
            {"geboorte": {"datum": {"type": "DatumOnbekend", "onbekend": True, "datum": None}}},
            409,
            "geboortedatum-onbekend",
        ),
    ],
)
async def test_on_whom_no_signal_is_possible(wereld, kijk, velden, status, code) -> None:
    await wereld.brp_persoon(JEUGDIGE, **velden)
    antwoord = await wereld.leg_vast(JEUGDIGE)
    assert (antwoord.status_code, antwoord.json()["code"]) == (status, code)
    assert antwoord.headers["content-type"] == "application/problem+json"
    assert await kijk.aantal("verwijzing") == await kijk.aantal("outbox") == 0
    assert await kijk.rijen("select outcome from audit") == [{"outcome": code}]


def persoonslijst(**velden: object) -> dict[str, object]:
    return {"burgerservicenummer": JEUGDIGE, **dag("2012-05-05"), **velden}


async def test_what_passes_is_asked_once_more(wereld) -> None:
    await wereld.brp_doet(fout="503", aantal=1)
    assert (await wereld.leg_vast(JEUGDIGE)).status_code == 200
    assert await wereld.brp_aanroepen() == 2


async def test_of_several_lists_the_one_that_was_not_removed_is_taken(wereld) -> None:
    afgevoerd = {"opschortingBijhouding": {"reden": {"code": "F"}}}
    await wereld.brp_lijsten(JEUGDIGE, persoonslijst(**afgevoerd, **dag("1970-01-01")), persoonslijst())
    assert (await wereld.leg_vast(JEUGDIGE)).json()["leeftijdsgroep"] == "13-17"


async def test_two_lists_that_were_not_removed_are_nobodys(wereld, kijk) -> None:
    await wereld.brp_lijsten(JEUGDIGE, persoonslijst(), persoonslijst(**dag("1970-01-01")))
    antwoord = await wereld.leg_vast(JEUGDIGE)
    assert (antwoord.status_code, antwoord.json()["code"]) == (409, "bsn-niet-uniek")
    assert b"brp_bsn_niet_uniek" in wereld.verteld
    assert await kijk.rijen("select outcome, person from audit") == [{"outcome": "bsn-niet-uniek", "person": None}]
    assert await kijk.aantal("verwijzing") == 0


@pytest.mark.regel("D18")
@pytest.mark.parametrize(
    "mutatie",
    [
        {"soort": "adresonderzoek", "uitkomst": "loopt"},
        {"soort": "adresonderzoek", "uitkomst": "verblijft-niet-op-adres"},
        {"soort": "opschorting", "reden": "R"},
        {"soort": "opschorting", "reden": "M"},
        {"soort": "emigratie", "land": "5003"},
        {"soort": "geheimhouding", "aan": True},
    ],
    ids=lambda mutatie: " ".join(map(str, mutatie.values())),
)
async def test_who_lives_nobody_knows_where_is_a_youth_without_a_woongemeente(wereld, mutatie) -> None:
    assert (await wereld.leg_vast(JEUGDIGE)).json()["woongemeente"]
    await wereld.brp_muteert(bsn=JEUGDIGE, **mutatie)
    antwoord = await wereld.leg_vast(JEUGDIGE)
    assert (antwoord.status_code, antwoord.json()["woongemeente"]) == (200, None)


async def test_a_bsn_that_was_changed_is_unknown_and_the_new_one_is_not(wereld) -> None:
    await wereld.brp_muteert(soort="bsn-wijziging", bsn=JEUGDIGE, nieuweBsn="123456782")
    assert (await wereld.leg_vast(JEUGDIGE)).json()["code"] == "persoon-onbekend"
    assert (await wereld.leg_vast("123456782")).status_code == 200


async def test_a_bsn_that_nobody_has(wereld) -> None:
    antwoord = await wereld.leg_vast("123456782")
    assert (antwoord.status_code, antwoord.json()["code"]) == (404, "persoon-onbekend")


@pytest.mark.parametrize("bsn", ["999999245", "12345678", "abc", "", "999970021 "])
async def test_what_is_no_bsn_never_reaches_the_brp(wereld, kijk, bsn) -> None:
    antwoord = await wereld.leg_vast(bsn)
    assert (antwoord.status_code, antwoord.json()["code"]) == (400, "bsn-ongeldig")
    assert await wereld.brp_aanroepen() == 0
    assert await kijk.aantal("audit") == 0


@pytest.mark.parametrize(
    "inhoud",
    [
        {"bsn": JEUGDIGE},
        {"doel": "signaal"},
        {"bsn": 999970021, "doel": "signaal"},
        {"bsn": JEUGDIGE, "doel": "nieuwsgierig"},
        {"bsn": JEUGDIGE, "doel": "signaal", "naam": "x"},
        [],
    ],
)
async def test_a_wrong_question_is_not_repeated_in_the_answer(wereld, inhoud) -> None:
    headers = {"Authorization": f"Bearer {await wereld.token()}", "Namens": wereld.namens()}
    antwoord = await wereld.api.post("/v1/persoonsverwijzingen", json=inhoud, headers=headers)
    assert (antwoord.status_code, antwoord.json()["code"]) == (400, "ongeldige-invoer")
    assert JEUGDIGE not in antwoord.text


@pytest.mark.parametrize(
    "fout", ["500", "503", "401", "429", "403", "breken", "kapot", "verkeerd-type", "ander", "druppelen"]
)
async def test_a_brp_that_fails_lies_or_refuses_us_is_503_and_nothing_is_kept(wereld, kijk, fout) -> None:
    await wereld.brp_doet(fout=fout, **({"vertragingMs": 200} if fout == "druppelen" else {}))
    antwoord = await wereld.leg_vast(JEUGDIGE)
    assert (antwoord.status_code, antwoord.json()["code"]) == (503, "brp-niet-beschikbaar")
    assert int(antwoord.headers["retry-after"]) > 0
    assert await kijk.aantal("verwijzing") == await kijk.aantal("outbox") == 0


async def test_a_slow_brp_is_given_up_within_a_fixed_time(wereld, kijk) -> None:
    await wereld.brp_doet(vertragingMs=8000)
    begin = time.monotonic()
    antwoord = await wereld.leg_vast(JEUGDIGE)
    assert (antwoord.status_code, antwoord.json()["code"]) == (503, "brp-niet-beschikbaar")
    assert time.monotonic() - begin < 4
    assert await kijk.aantal("verwijzing") == 0


async def test_who_may_ask(wereld, kijk) -> None:
    geen = await wereld.api.post("/v1/persoonsverwijzingen", json={"bsn": JEUGDIGE, "doel": "signaal"})
    assert (geen.status_code, geen.json()["code"]) == (401, "niet-ingelogd")
    professional = {"sub": "piet", "rol": "professional"}
    for token, status, code in (
        (await wereld.token("match"), 401, "niet-ingelogd"),
        (await wereld.token("lokaal", **professional), 401, "niet-ingelogd"),
        (await wereld.token("lokaal", audience="brp-proxy", **professional), 403, "geen-toegang"),
    ):
        antwoord = await wereld.leg_vast(JEUGDIGE, token=token)
        assert (antwoord.status_code, antwoord.json()["code"]) == (status, code)
    assert await wereld.brp_aanroepen() == 0


@pytest.mark.regel("D3", "D10")
async def test_a_ref_is_compared_with_a_bsn_without_the_brp_and_nobody_is_stored(wereld, kijk) -> None:
    ref = (await wereld.leg_vast(JEUGDIGE)).json()["persoonRef"]
    await wereld.leg_vast(MET_GEHEIM_ADRES)
    await wereld.brp_doet(fout="503")
    before = await kijk.aantal("verwijzing"), await kijk.aantal("outbox"), await wereld.brp_aanroepen()
    # Himself; somebody known here; somebody unknown here; a BSN that nobody has.
    for bsn, zelfde in ((JEUGDIGE, True), (MET_GEHEIM_ADRES, False), ("999970033", False), ("123456782", False)):
        antwoord = await wereld.vergelijk(bsn, ref)
        assert (antwoord.status_code, antwoord.json()) == (200, {"zelfde": zelfde})
    assert (await kijk.aantal("verwijzing"), await kijk.aantal("outbox"), await wereld.brp_aanroepen()) == before
    said = "select role, outcome, person::text from audit where action = 'verwijzing-vergelijken' order by id"
    assert await kijk.rijen(said) == [
        {"role": "professional", "outcome": outcome, "person": ref} for outcome in ["zelfde", *["anders"] * 3]
    ]


async def test_a_ref_of_nobody_and_that_of_a_parent_are_nobodys(wereld, kijk) -> None:
    await wereld.leg_vast(JEUGDIGE)
    [ouder, *_] = await kijk.rijen("select persoon_ref::text as ref from verwijzing where soort = 'ouder'")
    for ref in (str(uuid4()), ouder["ref"]):
        assert (await wereld.vergelijk(JEUGDIGE, ref)).json() == {"zelfde": False}


async def test_who_may_compare(wereld, kijk) -> None:
    ref = (await wereld.leg_vast(JEUGDIGE)).json()["persoonRef"]
    piet = await wereld.token("lokaal", audience="brp-proxy", sub="piet", rol="professional")
    for token, status, code in ((await wereld.token("match"), 401, "niet-ingelogd"), (piet, 403, "geen-toegang")):
        antwoord = await wereld.vergelijk(JEUGDIGE, ref, token=token)
        assert (antwoord.status_code, antwoord.json()["code"]) == (status, code)


async def test_who_asked_is_recorded_from_what_signaal_signed(wereld, kijk) -> None:
    ref = (await wereld.leg_vast(JEUGDIGE)).json()["persoonRef"]
    [audit] = await kijk.rijen("select actor, role, outcome, person::text from audit")
    service, _, asker = audit.pop("actor").partition("/")
    assert (service, UUID(asker).version) == ("signaal", 5), "a pseudonym: a subject may be a name"
    assert audit == {"role": "professional", "outcome": "gevonden", "person": ref}
    eigen_token = await wereld.token("lokaal", audience="brp-proxy", sub="piet", rol="professional")
    for vals in (wereld.namens(doel="POST /v1/iets-anders"), wereld.namens(wie="match"), eigen_token):
        antwoord = await wereld.leg_vast(JEUGDIGE, namens=vals)
        assert (antwoord.status_code, antwoord.json()["code"]) == (400, "namens-ongeldig")
    zonder = await wereld.leg_vast(JEUGDIGE, namens=None)
    assert (zonder.status_code, zonder.json()["code"]) == (400, "namens-ontbreekt")
    assert await wereld.brp_aanroepen() == 1


async def test_nothing_of_a_person_is_logged_traced_or_stored_readably(wereld, kijk) -> None:
    kanaries = (JEUGDIGE, KANARIE, "2016-02-03")
    await wereld.brp_persoon(JEUGDIGE, naam={"geslachtsnaam": KANARIE, "volledigeNaam": KANARIE}, **dag("2016-02-03"))
    assert (await wereld.leg_vast(JEUGDIGE)).status_code == 200
    assert (await wereld.leg_vast(JEUGDIGE)).status_code == 200
    # Answers that cannot be read, so that the error paths run with the data in hand.
    await wereld.brp_persoon(JEUGDIGE, ouders=KANARIE)
    assert (await wereld.leg_vast(JEUGDIGE)).status_code == 503
    await wereld.brp_doet(fout="500")
    assert (await wereld.leg_vast(JEUGDIGE)).status_code == 503
    await wereld.leg_vast("999999245")
    await wereld.spans_met(b"persoonsverwijzingen")
    await wereld.spans_met(b"personen")
    zoek = wereld.verteld.decode() + await kijk.alles()
    assert "brp_antwoord_onbruikbaar" in zoek
    for kanarie in (*kanaries, "999999245"):
        assert kanarie not in zoek


async def test_the_description_tells_every_problem(wereld) -> None:
    beschrijving = (await wereld.api.get("/v1/openapi.json")).json()
    codes = beschrijving["components"]["schemas"]["Probleem"]["properties"]["code"]["enum"]
    assert {"bsn-ongeldig", "persoon-onbekend", "persoon-overleden", "persoon-te-oud"} <= set(codes)
    assert {"geboortedatum-onbekend", "brp-niet-beschikbaar"} <= set(codes)


@pytest.mark.regel("R012", "R032")
async def test_the_card_of_a_youth_while_the_brp_is_away(wereld, kijk) -> None:
    ref = (await wereld.leg_vast(JEUGDIGE)).json()["persoonRef"]
    await wereld.brp_doet(fout="503")
    aanroepen = await wereld.brp_aanroepen()
    antwoord = await wereld.lees("kaartgegevens", ref)
    assert antwoord.status_code == 200, antwoord.text
    [kaart] = antwoord.json()["items"]
    assert set(kaart) == {
        "persoonRef", "naam", "geboortedatum", "geslacht", "adres", "woongemeente", "geheim", "leeftijdsband", "peildatum",
    }  # fmt: skip
    assert kaart["naam"]
    assert kaart["adres"]["regels"]
    assert await wereld.brp_aanroepen() == aanroepen


async def test_a_secret_address_is_on_no_card(wereld) -> None:
    ref = (await wereld.leg_vast(MET_GEHEIM_ADRES)).json()["persoonRef"]
    [kaart] = (await wereld.lees("kaartgegevens", ref)).json()["items"]
    assert (kaart["geheim"], kaart["adres"], kaart["woongemeente"]) == (True, None, None)


async def test_a_class_is_what_the_ref_came_with(wereld) -> None:
    gegeven = (await wereld.leg_vast(JEUGDIGE)).json()
    antwoord = await wereld.lees("klassegegevens", gegeven["persoonRef"], namens=None)
    [klasse] = antwoord.json()["items"]
    assert klasse == {veld: waarde for veld, waarde in gegeven.items() if veld != "vastgelegdOp"}


@pytest.mark.parametrize("wat", ["kaartgegevens", "klassegegevens"])
async def test_whom_nobody_knows_is_not_in_the_answer(wereld, wat) -> None:
    refs = [str(uuid4()) for _ in range(100)]
    antwoord = await wereld.lees(wat, *refs)
    assert (antwoord.status_code, antwoord.json()) == (200, {"items": [], "tijdelijkOnleesbaar": []})


@pytest.mark.parametrize("refs", [[], ["geen"], [None], [str(uuid4()) for _ in range(101)]], ids=len)
async def test_a_question_without_refs_or_with_too_many_is_refused(wereld, kijk, refs) -> None:
    antwoord = await wereld.lees("kaartgegevens", *refs)
    assert (antwoord.status_code, antwoord.json()["code"]) == (400, "ongeldige-invoer")
    assert await kijk.aantal("audit") == 0


async def test_a_card_is_read_for_somebody(wereld, kijk) -> None:
    # Nobody; who is not signed for; who is signed for something else.
    for namens, code in ((None, "namens-ontbreekt"), ("x", "namens-ongeldig"), (wereld.namens(), "namens-ongeldig")):
        assert (await wereld.lees("kaartgegevens", str(uuid4()), namens=namens)).json()["code"] == code
    assert await kijk.aantal("audit") == 0


async def test_what_is_read_stands_in_no_log_and_no_span(wereld) -> None:
    await wereld.brp_persoon(JEUGDIGE, naam={"volledigeNaam": KANARIE})
    ref = (await wereld.leg_vast(JEUGDIGE)).json()["persoonRef"]
    assert (await wereld.lees("kaartgegevens", ref)).json()["items"][0]["naam"] == KANARIE
    await wereld.spans_met(b"kaartgegevens")
    assert KANARIE.encode() not in wereld.verteld
