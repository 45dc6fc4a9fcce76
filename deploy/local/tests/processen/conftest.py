"""Starts the small processes as the stack does: separate, with settings from the environment, on free ports."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from platformkit.testing import eventually


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@dataclass
class Proces:
    popen: subprocess.Popen[bytes]
    url: str
    run_dir: Path
    log: Path
    extra: dict[str, str]

    def stop(self) -> int:
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(15)


Start = Callable[..., Proces]


def start_process(module: str, run_dir: Path, port: int | None = None, **env: str) -> Proces:
    port = port or free_port()
    log = run_dir / f"{module}-{port}.log"
    environment = {"PATH": os.environ["PATH"], "HTTP_PORT": str(port), "RUN_DIR": str(run_dir), **env}
    with log.open("ab") as file:
        popen = subprocess.Popen([sys.executable, "-m", module], env=environment, stdout=file, stderr=file)
    process = Proces(popen, f"http://127.0.0.1:{port}", run_dir, log, env)

    def ready() -> bool:
        assert popen.poll() is None, log.read_text()
        with suppress(httpx.TransportError):
            return httpx.get(f"{process.url}/gezond").status_code == 200
        return False

    try:
        eventually(ready, f"{module} to answer")
    except BaseException:
        popen.kill()
        popen.wait()
        raise
    return process


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def run_to_end() -> Run:
    """Run a process that should refuse to start."""

    def _run(module: str, **env: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HTTP_PORT": "1", **env}
        command = [sys.executable, "-m", module]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)

    return _run


@pytest.fixture(scope="session")
def smtp_port() -> Callable[[], int]:
    return free_port


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    started: list[Proces] = []

    def _start(module: str, run_dir: Path, port: int | None = None, **env: str) -> Proces:
        process = start_process(module, run_dir, port, **env)
        started.append(process)
        return process

    yield _start
    for process in started:
        process.stop()
