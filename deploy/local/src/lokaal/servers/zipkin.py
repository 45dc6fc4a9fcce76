"""Zipkin, the local trace viewer."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from lokaal.ready import get
from lokaal.servers import artifacts, java


@dataclass(frozen=True)
class Zipkin:
    """One server that keeps its traces in memory."""

    port: int

    @property
    def url(self) -> str:
        """Where its page and its API are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def spans_url(self) -> str:
        """Where an exporter posts spans to."""
        return f"{self.url}/api/v2/spans"

    def prepare(self) -> None:
        """Fetch the jar.

        Raises:
            artifacts.ArtifactError: it is not to be had, or is another one than was pinned.
        """
        java.prepare()
        artifacts.jars("zipkin")

    def command(self) -> list[str]:
        """The server; bound port by port, because `--server.port` alone listens on every interface."""
        bind = ["ip=127.0.0.1", f"port={self.port}", "protocols[0]=http"]
        return [
            *("nice", "-n", "5"),  # nothing waits for it, so Kafka and the services go first
            *java.command(f"-Xmx192m {java.SMALL}"),
            "-jar",
            *map(str, artifacts.jars("zipkin")),
            *(f"--armeria.ports[0].{setting}" for setting in bind),
            "--zipkin.storage.mem.max-spans=20000",  # more of ours need more memory than it is given
        ]


def server_version(url: str) -> str:
    """Ask Zipkin what it is."""
    status, body = get(f"{url}/info", timeout=5)
    return str(json.loads(body).get("zipkin", {}).get("version", "unknown")) if status == HTTPStatus.OK else "unknown"
