"""What a process says of itself in numbers."""

import httpx
from prometheus_client.parser import text_string_to_metric_families


class Meter:
    """Reads one process' metrics over HTTP."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/metrics"

    async def value(self, name: str) -> float | None:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                answer = await client.get(self._url)
            except httpx.TransportError:
                return None
        samples = (each for family in text_string_to_metric_families(answer.text) for each in family.samples)
        return next((each.value for each in samples if each.name == name), None)

    async def above(self, name: str, least: float) -> float | None:
        found = await self.value(name)
        return found if found is not None and found > least else None
