"""Java artifacts by coordinate and SHA-256, fetched once into `.tools/jars`.

`checksums.txt` is the lock: a start fetches exactly those files, next to each other and without resolving anything.
`python -m lokaal.servers.artifacts` writes it anew after a version in `ROOTS` was changed.
"""

import hashlib
import os
import shutil
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lokaal.paths import TOOLS

LOCK = Path(__file__).with_name("checksums.txt")

ROOTS = {
    # Kafka 4.4 speaks slf4j 1.7, so the binding for that and not the one for slf4j 2.
    "kafka": ("org.apache.kafka:kafka_2.13:4.4.0", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5"),
    "zipkin": ("io.zipkin:zipkin-server:3.6.1:slim",),
}


class ArtifactError(RuntimeError):
    """An artifact could not be had, or is not the one that was pinned."""


@dataclass(frozen=True)
class Artifact:
    """One pinned file."""

    part: str
    sha256: str
    coordinate: str

    @property
    def path(self) -> Path:
        """Where the verified file lies."""
        _, artifact, version, *classifier = self.coordinate.split(":")
        return TOOLS / "jars" / self.part / ("-".join([artifact, version, *classifier]) + ".jar")

    def fetch(self) -> Path:
        """Give the file; what lies at `path` was verified when it was put there.

        Raises:
            ArtifactError: not to be had, or another checksum.
        """
        if self.path.exists():
            return self.path
        group, artifact, version, *classifier = self.coordinate.split(":")
        from jgo.maven import MavenContext  # noqa: PLC0415 -- slow, and needed only by a start that fetches

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=TOOLS) as scratch:
            maven = MavenContext(repo_cache=Path(scratch), timeout=60)
            wanted = maven.project(group, artifact).at_version(version).artifact(*classifier)
            for last in (False, False, True):
                try:
                    got = wanted.resolve()
                    break
                except Exception as error:  # the client raises what its HTTP library raises
                    if last:
                        raise ArtifactError(f"{self.coordinate} could not be fetched: {error}") from error
            if (found := _sha256(got)) != self.sha256:
                raise ArtifactError(f"{self.coordinate} has SHA-256 {found}, but {self.sha256} is pinned: not used")
            os.replace(got, self.path)
        return self.path


def pinned(part: str) -> list[Artifact]:
    """The files of one server as the lock names them."""
    lines = (line.split() for line in LOCK.read_text().splitlines() if not line.startswith("#"))
    return [Artifact(*line) for line in lines if line[0] == part]


def jars(part: str) -> list[Path]:
    """All verified jars of one server, sorted: the order of a class path must not depend on the disk.

    Raises:
        ArtifactError: one is not to be had, or has another checksum.
    """
    with ThreadPoolExecutor(max_workers=8) as pool:
        return sorted(pool.map(Artifact.fetch, pinned(part)))


def read_property(jar: Path, member: str, name: str) -> str:
    """A value of a properties file inside a jar; empty when it is not there."""
    with zipfile.ZipFile(jar) as archive:
        lines = archive.read(member).decode().splitlines()
    return next((line.partition("=")[2].strip() for line in lines if line.startswith(f"{name}=")), "")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _resolve(part: str, roots: tuple[str, ...], repository: Path) -> list[Artifact]:
    from jgo.env import EnvironmentBuilder, LinkStrategy  # noqa: PLC0415 -- as above
    from jgo.maven import MavenContext  # noqa: PLC0415 -- as above

    maven = MavenContext(repo_cache=repository, timeout=60)
    if all(root.count(":") == 3 for root in roots):
        for root in roots:
            group, artifact, version, classifier = root.split(":")
            maven.project(group, artifact).at_version(version).artifact(classifier).resolve()
    else:
        # Without the trailing "!" jgo puts the clients of an older Kafka under the broker.
        builder = EnvironmentBuilder(context=maven, cache_dir=repository / ".envs", link_strategy=LinkStrategy.COPY)
        builder.from_endpoint("+".join(f"{root}!" for root in roots))
        shutil.rmtree(repository / ".envs")
    return sorted((_pin(part, jar, repository) for jar in repository.rglob("*.jar")), key=lambda pin: pin.coordinate)


def _pin(part: str, jar: Path, repository: Path) -> Artifact:
    *group, artifact, version, _ = jar.relative_to(repository).parts
    classifier = jar.stem.removeprefix(f"{artifact}-{version}").lstrip("-")
    return Artifact(part, _sha256(jar), ":".join([".".join(group), artifact, version, *filter(None, [classifier])]))


def write_lock() -> None:
    """Resolve the roots with all they need and pin what came."""
    lines = [LOCK.read_text().splitlines()[0]]
    for part, roots in ROOTS.items():
        with tempfile.TemporaryDirectory() as scratch:
            lines += [f"{pin.part} {pin.sha256} {pin.coordinate}" for pin in _resolve(part, roots, Path(scratch))]
    LOCK.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write_lock()
