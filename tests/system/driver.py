"""Drives the system as people and partners do: tokens, HTTP, the inbox, the clock."""

from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from lokaal import klok
from lokaal.stack import Stack
from lokaal.token import slug, token


class Driver:
    """One client for a running stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.addresses: dict[str, Any] = stack.addresses
        self.http = httpx.Client(timeout=15, trust_env=False)
        self._tokens: dict[tuple[str, str, str, str | None], str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def bearer(
        self, name: str, organisation: str = "Altra", api: str = "signaal", client: str | None = None
    ) -> dict[str, str]:
        """Headers of this professional at this organisation, for this API, by this client."""
        known = name, organisation, api, client
        if known not in self._tokens:
            stack = self.stack.run_dir / "stack.json"
            self._tokens[known] = token(stack, name, "professional", organisation, api=api, client=client)
        return {"Authorization": f"Bearer {self._tokens[known]}"}

    def signal(
        self,
        name: str,
        bsn: str,
        organisation: str = "Altra",
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        **body: object,
    ) -> httpx.Response:
        """POST a signal; a year when nothing else is said."""
        return self.http.post(
            self.url("signaal", "/v1/signalen"),
            json={"bsn": bsn, **(body or {"duur": "P1Y"})},
            headers={
                **self.bearer(name, organisation),
                "Idempotency-Key": key or str(uuid4()),
                **(headers or {}),
            },
        )

    def close_signal(self, name: str, signaal_id: str, organisation: str = "Altra") -> httpx.Response:
        """Close an own signal."""
        return self.http.post(
            self.url("signaal", f"/v1/signalen/{signaal_id}/afsluitingen"),
            json={"reden": "niet-meer-betrokken"},
            headers=self.bearer(name, organisation),
        )

    def matches(self, name: str, organisation: str = "Altra") -> list[dict[str, Any]]:
        """The professional's own matches."""
        answer = self.http.get(self.url("match", "/v1/matches"), headers=self.bearer(name, organisation, "match"))
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    def mails(self, name: str) -> list[dict[str, Any]]:
        """The mails in this professional's mailbox."""
        found = self.http.get(
            f"{self.addresses['mail']['inbox']}/api/berichten", params={"aan": f"{slug(name)}@postvak.test"}
        )
        return found.json()["items"]

    def url(self, service: str, path: str) -> str:
        """An address of a service's API."""
        return f"{self.addresses['apis'][service]}{path}"

    def metrics(self, process: str) -> list[Sample]:
        """What a process tells Prometheus."""
        told = self.http.get(self.addresses["metrics"][process]).text
        return [each for family in text_string_to_metric_families(told) for each in family.samples]

    def brp(self, **order: object) -> None:
        """Tell the BRP simulator to be slow or to fail; without an order all is well again."""
        control = self.addresses["simulators"]["brp"].split("/haalcentraal")[0] + "/_besturing"
        answer = self.http.put(control, json=order) if order else self.http.delete(control)
        assert answer.is_success, answer.text

    def later(self, duration: str) -> None:
        """Move the domain clock."""
        klok.vooruit(Path(self.addresses["klok"]["bestand"]), duration)
