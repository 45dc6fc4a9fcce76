"""When a component is ready: a port that listens, an address that answers, a file that beats, a command that ended."""

import socket
import subprocess
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit


class Ready(Protocol):
    """Says whether a started component may be used."""

    def __call__(self, since: float) -> bool:
        """Look once, in well under a second; `since` is the wall clock time of the start in seconds."""
        ...


def get(url: str, timeout: float) -> tuple[int, bytes]:
    """GET an address of this machine: status and body. Never through a proxy, and loaded faster than a real client.

    Raises:
        OSError: nobody answers.
        HTTPException: the answer is no HTTP.
    """
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=timeout)
    try:
        connection.request("GET", f"{address.path}?{address.query}" if address.query else address.path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@dataclass(frozen=True)
class Tcp:
    """Something listens on this port of 127.0.0.1."""

    port: int

    def __call__(self, since: float) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False


@dataclass(frozen=True)
class Http:
    """This address answers 200."""

    url: str

    def __call__(self, since: float) -> bool:
        try:
            return get(self.url, timeout=1)[0] == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


@dataclass(frozen=True)
class Heartbeat:
    """This file was touched after the start: how a process without HTTP proves that it lives."""

    path: Path

    def __call__(self, since: float) -> bool:
        try:
            return self.path.stat().st_mtime >= since
        except FileNotFoundError:
            return False


@dataclass(frozen=True)
class Says:
    """This command says so with exit code 0."""

    command: tuple[str, ...]

    def __call__(self, since: float) -> bool:
        try:
            return subprocess.run(self.command, capture_output=True, check=False, timeout=10).returncode == 0
        except subprocess.TimeoutExpired:
            return False


@dataclass(frozen=True)
class Ended:
    """The command has ended with exit code 0: a step, such as a migration, and not a process that stays."""

    def __call__(self, since: float) -> bool:
        return False
