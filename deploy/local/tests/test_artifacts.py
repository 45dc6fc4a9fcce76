"""Jars are the pinned ones or are not used."""

import hashlib
import zipfile
from pathlib import Path

import pytest
from jgo import maven

from lokaal.servers import artifacts, kafka


class _Maven:
    """A repository that serves one file for everything."""

    def __init__(self, repo_cache: Path, timeout: int) -> None:
        self.file = repo_cache / "served.jar"

    def __getattr__(self, _: str) -> object:
        return lambda *_: self

    def resolve(self) -> Path:
        self.file.write_bytes(b"served")
        return self.file


def _pinned(content: bytes) -> artifacts.Artifact:
    return artifacts.Artifact("part", hashlib.sha256(content).hexdigest(), "group:artifact:1.0:slim")


@pytest.fixture(autouse=True)
def _tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "TOOLS", tmp_path)
    monkeypatch.setattr(maven, "MavenContext", _Maven)


def test_the_pinned_file_is_kept(tmp_path: Path) -> None:
    assert _pinned(b"served").fetch() == tmp_path / "jars" / "part" / "artifact-1.0-slim.jar"
    assert [path.name for path in tmp_path.iterdir()] == ["jars"]


def test_another_file_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(artifacts.ArtifactError, match=r"group:artifact:1\.0:slim has SHA-256 .* is pinned"):
        _pinned(b"expected").fetch()
    assert not list(tmp_path.rglob("*.jar"))


def test_an_artifact_that_cannot_be_had_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: _Maven) -> Path:
        raise OSError("no route")

    monkeypatch.setattr(_Maven, "resolve", fails)
    with pytest.raises(artifacts.ArtifactError, match=r"group:artifact:1\.0:slim could not be fetched: no route"):
        _pinned(b"served").fetch()


def test_the_lock_holds_kafka_with_clients_of_the_same_version_and_no_address() -> None:
    names = [pin.coordinate for pin in artifacts.pinned("kafka")]
    assert f"org.apache.kafka:kafka_2.13:{kafka.VERSION}" in names
    assert f"org.apache.kafka:kafka-clients:{kafka.VERSION}" in names
    assert len(names) == 45
    assert [pin.coordinate for pin in artifacts.pinned("zipkin")] == ["io.zipkin:zipkin-server:3.6.1:slim"]
    assert "://" not in artifacts.LOCK.read_text()


def test_clients_of_another_version_under_the_broker_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar = tmp_path / "kafka-clients-4.4.0.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("kafka/kafka-version.properties", "commitId=x\nversion=3.9.1\n")
    monkeypatch.setattr(artifacts, "jars", lambda _: [jar])
    with pytest.raises(artifacts.ArtifactError, match=r"kafka-clients 3\.9\.1 under a broker 4\.4\.0"):
        kafka.Kafka(tmp_path / "kafka", 1, 2, "").prepare()
