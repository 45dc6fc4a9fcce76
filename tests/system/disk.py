"""A disk that can be filled under a running server.

Where mounting is allowed: a small tmpfs, so that the server meets the real "no space left on device". Elsewhere:
RLIMIT_FSIZE on the server's processes, so that none of its files can grow; the errors differ (EFBIG), the outcome for
people does not. DISK=rlimit in the environment chooses the second form anyway.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_RUNS = 4096


class Disk:
    """What a server keeps its data on. `directory` is made; its server must not have been started yet."""

    def __init__(self, directory: Path, megabytes: int) -> None:
        self._directory = directory
        self._ballast = directory / "ballast"
        self.release()
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        self.mounted = os.environ.get("DISK") != "rlimit" and _mount(directory, megabytes)

    @property
    def form(self) -> str:
        """How it is made full."""
        return "tmpfs" if self.mounted else "RLIMIT_FSIZE"

    @contextmanager
    def full(self, pid: int) -> Iterator[None]:
        """No space left for the server with this process id, its children included, as long as the context lasts."""
        if self.mounted:
            self._fill()
            try:
                yield
            finally:
                self._ballast.unlink()
            return
        _limit(pid, "1")
        try:
            yield
        finally:
            # The server may be gone, and its children with it; who lives on may grow again.
            _limit(pid, "unlimited")

    def release(self) -> None:
        """Give the directory back; also what a test run that was cut off has left."""
        while os.path.ismount(self._directory):
            subprocess.run(["umount", "--lazy", str(self._directory)], check=True)

    def _fill(self) -> None:
        with self._ballast.open("wb") as file:
            chunk, at = 64 << 20, 0
            while chunk >= _RUNS:
                try:
                    os.posix_fallocate(file.fileno(), at, chunk)
                    at += chunk
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    chunk //= 2


def _mount(directory: Path, megabytes: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(directory)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _limit(pid: int, size: str) -> None:
    """Set the soft limit, as the user whose processes they are: root in a container may not do it to another's."""
    for each in (pid, *_children(pid)):
        try:
            status = dict(line.split(":", 1) for line in Path(f"/proc/{each}/status").read_text().splitlines())
        except (FileNotFoundError, ProcessLookupError):
            continue
        user, group = (int(status[name].split()[0]) for name in ("Uid", "Gid"))
        them = {"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}
        command = ["prlimit", f"--pid={each}", f"--fsize={size}:"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **them)
        if done.returncode and Path(f"/proc/{each}").exists():
            raise RuntimeError(done.stderr)


def _children(pid: int) -> list[int]:
    try:
        own = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in own]
