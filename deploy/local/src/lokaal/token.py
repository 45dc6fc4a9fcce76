"""A bearer token for anybody: `make token PROFESSIONAL=<name> ROL=... ORGANISATIE=... [API=...] [GEMEENTE=...] [CLIENT=...]`.

Each API takes tokens of its own only: API is `signaal` when nothing is said. CLIENT is `demo`; an API goes on with the trace
of a request when it is `portaal`.

A person who works under an account is admitted through the API of signaal first, with a mailbox of his own in the local
inbox. The same name is the same natural person; at another organisation he gets a second account.
"""

import difflib
import json
import os
import re
import sys
import unicodedata
import uuid
from pathlib import Path
from typing import Any

import httpx

from contracts.rollen import APIS, SCOPES
from lokaal import paths
from lokaal.gemeenten import CODES, gemeentecode
from lokaal.oidc.tokens import DEMO_CLIENT, LOKALE_GRANT

ROLLEN_MET_ACCOUNT = frozenset(
    {"professional", "matchregisseur", "instellingscoordinator", "locatiebeheerder", "bronsysteem"}
)
ROLLEN_MET_GEMEENTE = frozenset({"coordinator", "functionaris", "verantwoordelijke", "accounthouder"})
BEHEERDER = "functioneel-beheerder"
STANDAARD_API = "signaal"
APIS_VOOR_MENSEN = tuple(api for api, scopes in APIS.items() if scopes & frozenset().union(*SCOPES.values()))
POSTVAK_DOMEIN = "postvak.test"


class TokenError(Exception):
    """No token; the text is one line in Dutch that says what to do."""


def token(
    stack_json: Path,
    professional: str,
    rol: str,
    organisatie: str | None,
    gemeente: str | None = None,
    *,
    api: str = STANDAARD_API,
    client: str | None = None,
) -> str:
    """Return a token for this person in this role, for one API; `gemeente` is a name or CBS code (several: with commas).

    Raises TokenError when the stack does not run, or knows no such role, API, organisation or gemeente.
    """
    if rol not in SCOPES:
        raise TokenError(f"Onbekende rol '{rol}'. Kies uit: {', '.join(SCOPES)}.")
    if api not in APIS_VOOR_MENSEN:
        raise TokenError(f"Onbekende API '{api}'. Kies uit: {', '.join(APIS_VOOR_MENSEN)}.")
    subject = slug(professional)
    if not subject:
        raise TokenError("Geef een naam: PROFESSIONAL=<naam>.")
    adressen = _lees(stack_json)
    try:
        with httpx.Client(timeout=10, trust_env=False) as http:
            uitgever = _Uitgever(http, adressen["oidc"])
            client = client or DEMO_CLIENT
            if rol not in ROLLEN_MET_ACCOUNT:
                gemeenten = _gemeenten(rol, gemeente)
                return uitgever.token(sub=subject, rol=rol, client=client, audience=api, gemeenten=" ".join(gemeenten))
            beheerder = uitgever.token(sub="make-token", rol=BEHEERDER, client=client)
            signaal = _Signaal(http, adressen["apis"]["signaal"], beheerder)
            gekozen = signaal.organisatie(organisatie)
            locatie = _locatie(gekozen, gemeente)
            signaal.laat_toe(
                professional.strip(), subject, uitgever.issuer, gekozen["organisatieId"], locatie["locatieId"]
            )
            return uitgever.token(
                sub=subject, rol=rol, client=client, audience=api, organisatie=gekozen["organisatieId"]
            )
    except httpx.TransportError as error:
        host = error.request.url.netloc.decode()
        raise TokenError(f"{host} antwoordt niet. Start de stack met 'make up'.") from None
    except KeyError as error:
        raise TokenError(f"{error} ontbreekt in {stack_json} of in een antwoord. Start de stack opnieuw.") from None


def slug(naam: str) -> str:
    """Return the name as a subject and mailbox name: lower case ASCII words with hyphens."""
    ascii_ = unicodedata.normalize("NFKD", naam).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_).strip("-")


def professional_id(subject: str) -> uuid.UUID:
    """Return the id under which signaal keeps this person: the same for the same subject, in every stack."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"urn:verwijsindex:lokaal:professional:{subject}")


class _Uitgever:
    def __init__(self, http: httpx.Client, oidc: dict[str, Any]) -> None:
        self._http = http
        self.issuer = oidc["issuer"]
        self._auth = (oidc["client"]["id"], oidc["client"]["secret"])

    def token(self, **velden: str) -> str:
        response = self._http.post(f"{self.issuer}/token", data={"grant_type": LOKALE_GRANT, **velden}, auth=self._auth)
        if response.is_error:
            uitleg = _json(response).get("error_description", f"status {response.status_code}")
            raise TokenError(f"De OIDC-uitgever weigert: {uitleg}")
        return str(_json(response)["access_token"])


class _Signaal:
    def __init__(self, http: httpx.Client, url: str, beheerder: str) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {beheerder}"}

    def organisatie(self, naam: str | None) -> dict[str, Any]:
        """Return the organisation with this name or alias."""
        if not naam or not naam.strip():
            raise TokenError(f"Geef een organisatie: ORGANISATIE=<naam>. {self._kies(self._organisaties())}")
        gezocht = naam.strip()
        gevonden = self._organisaties(gezocht)
        precies = [item for item in gevonden if item["naam"].casefold() == gezocht.casefold()] or gevonden
        if len(precies) == 1:
            return precies[0]
        if precies:
            raise TokenError(f"'{gezocht}' past op meer organisaties. {self._kies(precies)}")
        alle = {item["naam"].casefold(): item for item in self._organisaties()}
        lijkt = [alle[sleutel]["naam"] for sleutel in difflib.get_close_matches(gezocht.casefold(), alle, n=5)]
        raad = f"Lijkt op: {', '.join(lijkt)}." if lijkt else self._kies(list(alle.values()))
        raise TokenError(f"Onbekende organisatie '{gezocht}'. {raad}")

    def laat_toe(self, naam: str, subject: str, issuer: str, organisatie_id: str, locatie_id: str) -> None:
        """Admit the person to the organisation; a second time changes nothing."""
        body = {
            "naam": naam,
            "email": f"{subject}@{POSTVAK_DOMEIN}",
            "issuer": issuer,
            "subject": subject,
            "organisatieId": organisatie_id,
            "locatieId": locatie_id,
        }
        url = f"{self._url}/v1/professionals/{professional_id(subject)}"
        self._controleer(self._http.put(url, json=body, headers=self._headers))

    def _organisaties(self, naam: str | None = None) -> list[dict[str, Any]]:
        params = {"naam": naam} if naam else {}
        response = self._http.get(f"{self._url}/v1/organisaties", params=params, headers=self._headers)
        self._controleer(response)
        return list(_json(response)["items"])

    @staticmethod
    def _kies(organisaties: list[dict[str, Any]]) -> str:
        return f"Kies uit: {', '.join(sorted(item['naam'] for item in organisaties))}."

    @staticmethod
    def _controleer(response: httpx.Response) -> None:
        if response.is_error:
            problem = _json(response)
            uitleg = problem.get("detail") or problem.get("title") or f"status {response.status_code}"
            raise TokenError(f"De signaaldienst weigert: {uitleg}")


def _gemeenten(rol: str, gemeente: str | None) -> list[str]:
    namen = [naam.strip() for naam in (gemeente or "").split(",") if naam.strip()]
    if rol in ROLLEN_MET_GEMEENTE and not namen:
        raise TokenError(f"De rol {rol} hoort bij een gemeente: geef GEMEENTE=<naam of code>.")
    return [_code(naam) for naam in namen]


def _locatie(organisatie: dict[str, Any], gemeente: str | None) -> dict[str, Any]:
    locaties: list[dict[str, Any]] = organisatie["locaties"]
    if not locaties:
        raise TokenError(f"{organisatie['naam']} heeft geen locatie, dus ook geen accounts.")
    if not gemeente:
        return locaties[0]
    code = _code(gemeente)
    for locatie in locaties:
        if _is_gemeente(locatie["gemeente"], code):
            return locatie
    namen = ", ".join(sorted({str(locatie["gemeente"]) for locatie in locaties}))
    raise TokenError(f"{organisatie['naam']} heeft geen locatie in {gemeente}. Wel in: {namen}.")


def _is_gemeente(gemeente: str, code: str) -> bool:
    try:
        return gemeentecode(gemeente) == code
    except KeyError:
        return False


def _code(gemeente: str) -> str:
    try:
        return gemeentecode(gemeente)
    except KeyError:
        raise TokenError(f"Onbekende gemeente '{gemeente}'. Kies uit: {', '.join(CODES)}.") from None


def _lees(stack_json: Path) -> dict[str, Any]:
    try:
        inhoud: dict[str, Any] = json.loads(stack_json.read_text("utf-8"))
    except (OSError, ValueError):
        raise TokenError(f"{stack_json} is er niet of niet goed. Start de stack met 'make up'.") from None
    return inhoud


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        inhoud = response.json()
    except ValueError:
        return {}
    return inhoud if isinstance(inhoud, dict) else {}


def main() -> int:
    """Print the token and nothing else, as the variables of `make token` ask; 2 with one line when there is none."""
    names = ("PROFESSIONAL", "ROL", "ORGANISATIE", "API", "GEMEENTE", "CLIENT")
    asked = {name: os.environ.get(name, "").strip() for name in names}
    try:
        print(
            token(
                paths.run_dir() / "stack.json",
                asked["PROFESSIONAL"],
                asked["ROL"] or "professional",
                asked["ORGANISATIE"],
                asked["GEMEENTE"],
                api=asked["API"] or STANDAARD_API,
                client=asked["CLIENT"],
            )
        )
    except TokenError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
