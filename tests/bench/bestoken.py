"""Posts signals at a steady rate over connections that stay open; a process of its own.

`python -m tests.bench.bestoken`, told what to do by JSON on its standard input. Open loop: each request has its moment
beforehand, and its time counts from there, so a system that cannot keep up is not asked more gently. HTTP by hand: a
client library would take more processor time than the service.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit
from uuid import uuid4

VERBINDINGEN = 64


@dataclass(frozen=True)
class Verzoek:
    """What became of one request: its moment, when it was answered (seconds since 1970), and the answer."""

    moment: float
    antwoord: float
    status: int
    signaal_id: str | None


class Lijn:
    """One connection."""

    def __init__(self, host: str, port: int) -> None:
        self._adres = (host, port)
        self._stromen: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, pad: str, bearer: str, inhoud: bytes) -> tuple[int, bytes]:
        """Status and body."""
        if self._stromen is None:
            self._stromen = await asyncio.open_connection(*self._adres)
        reader, writer = self._stromen
        try:
            writer.write(
                f"POST {pad} HTTP/1.1\r\nHost: {self._adres[0]}\r\nAuthorization: Bearer {bearer}\r\n"
                f"Idempotency-Key: {uuid4()}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(inhoud)}\r\n\r\n".encode()
                + inhoud
            )
            kop = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lengte = next(int(r[15:]) for r in kop.split("\r\n") if r.lower().startswith("content-length:"))
            return int(kop.split(" ", 2)[1]), await reader.readexactly(lengte)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
            self._stromen = None
            return 0, b""


async def main(url: str, tempo: float, verzoeken: list[tuple[str, str]]) -> list[Verzoek]:
    adres = urlsplit(url)
    vrij: asyncio.Queue[Lijn] = asyncio.Queue()
    for _ in range(VERBINDINGEN):
        vrij.put_nowait(Lijn(adres.hostname or "", adres.port or 80))
    begin = time.time() + 0.5

    async def een(nummer: int, bsn: str, bearer: str) -> Verzoek:
        moment = begin + nummer / tempo
        await asyncio.sleep(moment - time.time())
        lijn = await vrij.get()
        status, inhoud = await lijn.post(adres.path, bearer, json.dumps({"bsn": bsn, "duur": "P1Y"}).encode())
        vrij.put_nowait(lijn)
        return Verzoek(moment, time.time(), status, json.loads(inhoud)["signaalId"] if status == 201 else None)

    return await asyncio.gather(*(een(nummer, *verzoek) for nummer, verzoek in enumerate(verzoeken)))


if __name__ == "__main__":
    json.dump([asdict(each) for each in asyncio.run(main(**json.load(sys.stdin)))], sys.stdout)
