"""HTTP on a socket, bounded before an application sees anything (trap 21): time, size and number of connections.

Uvicorn ends an idle connection only after its first answer, and its parser by httptools keeps headers of any size.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from platformkit.http.app import HEADERS
from platformkit.http.problems import Catalog

_MESSAGE_SECONDS = 15.0
"""How long a request may take to arrive, from the first byte (or the connection) to the last."""

_READING_SECONDS = 15.0
"""How long somebody may leave answers unread."""

_CONNECTIONS = 512
"""How many a process holds, below the 1,024 open files that a system gives one."""

_HEAD_BYTES = 16 * 1024
_MESSAGE_BYTES = 1024 * 1024
"""Of a request as it is sent: chunks of one byte make a body seven times as large."""

_catalog: Final = Catalog({})


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's, that answers 408, 431 or 503 and hangs up on who goes beyond a bound."""

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _head = _body = False
    _size = 0
    _refusal = "verzoek-onleesbaar"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, or say that there are too many."""
        super().connection_made(transport)
        if len(self.connections) > _CONNECTIONS:
            self._refuse("tijdelijk-niet-beschikbaar")
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
            self.transport.abort()
            return
        super().data_received(data)
        if self._head and self._size > _HEAD_BYTES:
            self._refuse("kop-te-groot")

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
            ValueError: the headers are too large; the parser makes it a refusal.
        """
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > _HEAD_BYTES:
            self._refusal = "kop-te-groot"
            raise ValueError(self._refusal)
        self._head, self._body = False, True
        super().on_headers_complete()

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
        self._unread = self.loop.call_later(_READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """He reads."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _wait(self) -> None:
        if self._deadline is None:
            self._size = 0
            self._deadline = self.loop.call_later(_MESSAGE_SECONDS, self._too_late)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        if self._head:
            self._refuse("te-langzaam")
        else:
            # Nothing was asked, or the application answered long ago.
            self.transport.abort()

    def _refuse(self, code: str) -> None:
        """Answer in the place of the application, or after what it still answers to earlier requests, and hang up."""
        self._arrived()
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete and not self._body:
            self.cycle.keep_alive = False
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_told(code))
        self.transport.close()


def _told(code: str) -> bytes:
    answer = _catalog.answer(code, headers={"Connection": "close"})
    status = HTTPStatus(answer.status_code)
    head = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
    head += [name + b": " + value for name, value in (*answer.raw_headers, *HEADERS)]
    return b"\r\n".join(head) + b"\r\n\r\n" + bytes(answer.body)
