"""HTTP on a socket, bounded before an application sees anything (trap 21): time, size and number of connections.

Uvicorn ends an idle connection only after its first answer, and its parser by httptools keeps headers of any size.
"""

import asyncio
from collections import Counter
from http import HTTPStatus
from operator import itemgetter
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from platformkit.http.app import HEADERS
from platformkit.http.edge import count_refusal
from platformkit.http.problems import Catalog

_MESSAGE_SECONDS = 15.0
"""How long a request may take to arrive, from the first byte (or the connection) to the last."""

_READING_SECONDS = 15.0
"""How long somebody may leave answers unread, also after the last one."""

_CONNECTIONS = 512
"""How many a process holds, below the 1,024 open files that a system gives one. Beyond it whoever has most gives one up."""

_PROMPT_SECONDS = 1.0
"""Who comes to ask something has begun within so long."""

_AHEAD = 16
"""How many requests somebody may send before the first is answered. There is no other bound: each that is read lets more in."""

_HEAD_BYTES = 16 * 1024
_MESSAGE_BYTES = 1024 * 1024
"""Of a request as it is sent: chunks of one byte make a body seven times as large."""

_OF_A_BODY: Final = (b"content-length", b"transfer-encoding")
_TOLD: Final = {
    "connections": "tijdelijk-niet-beschikbaar",
    "head-size": "kop-te-groot",
    "head-time": "te-langzaam",
    "unreadable": "verzoek-onleesbaar",
}
"""The problem that is told, by the reason that is counted. Who has asked nothing, or does not read, is told nothing."""

_catalog: Final = Catalog({})


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's, that answers 408, 431 or 503 and hangs up on who goes beyond a bound."""

    connections: "set[BoundedProtocol]"  # type: ignore[assignment]
    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _head = _body = False
    _size = 0
    since = 0.0
    """When it began to wait for what it waits for, of the loop's clock."""

    _refusal = "unreadable"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, or say that there are too many."""
        super().connection_made(transport)
        # Whatever is unread counts: by itself a transport tells of more than 64 KiB only, and closes when it is read.
        transport.set_write_buffer_limits(0)
        if len(self.connections) > _CONNECTIONS and not self._room():
            self._refuse("connections")
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._arrived()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless it makes the request too large."""
        self._wait()
        self._size += len(data)
        if self._size > _MESSAGE_BYTES:
            self.end("message-size")
            return
        super().data_received(data)
        if self._head and self._size > _HEAD_BYTES:
            self._refuse("head-size")

    def on_message_begin(self) -> None:
        """Count anew."""
        super().on_message_begin()
        self._wait()
        self._head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; not one behind the body, where whoever looked at the headers would miss it."""
        if self._head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let the application begin.

        Raises:
            ValueError: the headers are too large, or not to be answered; the parser makes it a refusal.
        """
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > _HEAD_BYTES:
            self._refusal = "head-size"
            raise ValueError(self._refusal)
        # The parser takes what stands behind an offer of another protocol for that, or for a next request: never for a body.
        upgrade = self.parser.should_upgrade()
        if len(self.pipeline) >= _AHEAD or (upgrade and any(name in _OF_A_BODY for name, _ in self.headers)):
            raise ValueError(self._refusal)
        if self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False
        self._head, self._body = False, True
        super().on_headers_complete()
        self.cycle.keep_alive = self.cycle.keep_alive and not upgrade

    def on_message_complete(self) -> None:
        """Stop waiting: the rest is up to us."""
        self._body = False
        self._arrived()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in our words."""
        self._refuse(self._refusal)

    def pause_writing(self) -> None:
        """Give who does not read his answers some time."""
        super().pause_writing()
        self._unread = self.loop.call_later(_READING_SECONDS, self.end, "unread")

    def resume_writing(self) -> None:
        """He reads."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _wait(self) -> None:
        if self._deadline is None:
            self._size, self.since = 0, self.loop.time()
            self._deadline = self.loop.call_later(_MESSAGE_SECONDS, self._too_late)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline, self.since = None, self.loop.time()

    def _too_late(self) -> None:
        if self._head:
            self._refuse("head-time")
        else:
            # Nothing was asked, or the application answered long ago.
            self.end("silent")

    def _room(self) -> bool:
        """Make room at the cost of whoever has most connections, if that is not less than the one who comes has.

        By his address, so of all that come through one proxy together; then the one goes that is missed least.
        """
        held = Counter(each.address for each in self.connections)
        others = [each for each in self.connections - {self} if held[each.address] >= held[self.address]]
        ranked = [(-held[each.address], rank, each.since, each) for each in others if (rank := each.rank) is not None]
        if not ranked:
            return False
        min(ranked, key=itemgetter(0, 1, 2))[-1].end("room")
        return True

    @property
    def address(self) -> str:
        """Whose connection it is."""
        return self.client[0] if self.client else ""

    @property
    def rank(self) -> int | None:
        """How soon it may go: who asks nothing, is idle, is about to ask, does not read; none when it is being answered."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if self._unread is not None:
            return 3
        if self.transport.is_closing() or (answering and not self._body):
            return None
        if self.cycle is None and not self._head and self.loop.time() - self.since >= _PROMPT_SECONDS:
            return 0
        return 1 if self.cycle is not None and not answering and not self._head else 2

    def end(self, reason: str) -> None:
        """Hang up without a word."""
        self._arrived()
        count_refusal(reason)
        self.transport.abort()
        self.resume_writing()

    def _refuse(self, reason: str) -> None:
        """Answer in the place of the application, or after what it still answers to earlier requests, and hang up."""
        self._arrived()
        answering = self.cycle is not None and not self.cycle.response_complete and not self._body
        if self.transport.is_closing() or (answering and not self.cycle.keep_alive):
            return
        count_refusal(reason)
        if answering:
            self.cycle.keep_alive = False
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_told(_TOLD[reason]))
        self.transport.close()


def _told(code: str) -> bytes:
    answer = _catalog.answer(code, headers={"Connection": "close"})
    status = HTTPStatus(answer.status_code)
    head = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
    head += [name + b": " + value for name, value in (*answer.raw_headers, *HEADERS)]
    return b"\r\n".join(head) + b"\r\n\r\n" + bytes(answer.body)
