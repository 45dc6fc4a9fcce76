"""Apache Kafka: one KRaft node on loopback, with TLS, accounts and ACLs as in production (D17)."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lokaal import secret_file
from lokaal.certificaat import Certificaat
from lokaal.paths import TOOLS
from lokaal.servers import artifacts, java

VERSION = "4.4.0"

_JVM = f"-Xmx256m -Xms64m {java.SMALL}"
_CLUSTER = "verwijsindexlokaal4444"
_KAFKA_CLASSES = TOOLS / f"kafka-{VERSION}-sasl-jdk-{java.JDK}.jsa"
"""Archive of Kafka's classes; stands on the one of the JDK."""
_FORMATTED = TOOLS / f"kafka-{VERSION}-formatted"

_PROPERTIES = """\
node.id=1
process.roles=broker,controller
listeners=CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENTS://127.0.0.1:{port}
inter.broker.listener.name=CLIENTS
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
listener.security.protocol.map=CLIENTS:SASL_SSL,CONTROLLER:SASL_PLAINTEXT
listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.clients.scram-sha-512.sasl.jaas.config={scram} required;
listener.name.clients.plain.sasl.jaas.config={plain}
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config={plain}
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{operator}
allow.everyone.if.no.acl.found=false
log.dirs={data}
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
log.cleaner.dedupe.buffer.size=16777216
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
"""

_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
_PLAIN = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required"
    ' username="{operator}" password="{password}" user_{operator}="{password}";'
)
OPERATOR = "beheer"
"""The account that may do everything; the broker knows it by its settings, by PLAIN, so that it can make the others."""

_LOG4J = """\
status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
logger.version.name=org.apache.kafka.common.utils.internals.AppInfoParser
logger.version.level=info
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
"""


@dataclass(frozen=True)
class Kafka:
    """One broker; `directory` holds its settings and its data. `password` is the operator's."""

    directory: Path
    port: int
    controller_port: int
    password: str = field(repr=False)

    @property
    def bootstrap(self) -> str:
        """What a client connects to."""
        return f"127.0.0.1:{self.port}"

    @property
    def ca(self) -> Path:
        """The file of the certificate authority that clients have to trust."""
        return self._certificate.ca

    @property
    def _certificate(self) -> Certificaat:
        # Not among its data: clients have read the authority already when those are lost.
        return Certificaat(self.directory.with_name("kafka-tls"))

    def prepare(self) -> None:
        """Fetch the jars, format the storage, write the settings and make a certificate.

        Raises:
            artifacts.ArtifactError: a jar is not to be had, or is another one than was pinned.
        """
        found = client_version(artifacts.jars("kafka"))
        if found != VERSION:
            raise artifacts.ArtifactError(f"kafka-clients {found} under a broker {VERSION}: resolve the lock again")
        java.prepare()
        self.directory.mkdir(parents=True, exist_ok=True)  # there already when it is a disk of its own
        self._certificate.maak_als_nodig("127.0.0.1")
        # One file, the key before the certificate.
        secret_file.write_text(self._keystore, "".join(each.read_text() for each in self._certificate.eigen))
        self._write_settings(self.directory, self.directory / "data")
        (self.directory / "log4j2.properties").write_text(_LOG4J)
        shutil.copytree(self._formatted(), self.directory / "data")

    def command(self) -> list[str]:
        """The broker; the first one that ends leaves an archive of its classes, which halves the start of the next."""
        if _KAFKA_CLASSES.exists():
            archives = f"-XX:SharedArchiveFile={java.JDK_CLASSES}{os.pathsep}{_KAFKA_CLASSES}"
        else:
            archives = f"-XX:ArchiveClassesAtExit={_dump(self.directory)} -XX:SharedArchiveFile={java.JDK_CLASSES}"
        jvm = java.command(os.environ.get("KAFKA_JVM", _JVM), archives.split())
        jvm.append("--sun-misc-unsafe-memory-access=allow")  # else a warning in the log that nobody here can act on
        log4j = f"-Dlog4j2.configurationFile={self.directory / 'log4j2.properties'}"
        return [*jvm, log4j, "-cp", _class_path(), "kafka.Kafka", str(self.directory / "server.properties")]

    def _write_settings(self, directory: Path, data: Path) -> None:
        settings = _PROPERTIES.format(
            port=self.port,
            controller=self.controller_port,
            data=data,
            scram=_SCRAM,
            plain=_PLAIN.format(operator=OPERATOR, password=self.password),
            operator=OPERATOR,
            keystore=self._keystore,
            ca=self.ca,
        )
        secret_file.write_text(directory / "server.properties", settings)

    @property
    def _keystore(self) -> Path:
        return self.directory / "keystore.pem"

    def _formatted(self) -> Path:
        """A formatted, empty storage; made once, because formatting costs a JVM of two seconds."""
        if not _FORMATTED.exists():
            with tempfile.TemporaryDirectory(dir=TOOLS) as scratch:
                self._write_settings(Path(scratch), Path(scratch) / "data")
                settings = str(Path(scratch) / "server.properties")
                java.run("-cp", _class_path(), "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", settings)
                java.keep(Path(scratch) / "data", _FORMATTED)
        return _FORMATTED


def keep_archive(directory: Path) -> None:
    """Put the archive that the ended broker of this directory wrote where the next one looks."""
    if _dump(directory).exists():
        # By a copy, as the run directory may lie on another disk.
        with tempfile.TemporaryDirectory(dir=TOOLS) as scratch:
            java.keep(Path(shutil.move(_dump(directory), scratch)), _KAFKA_CLASSES)


def client_version(jars: Iterable[Path]) -> str:
    """The version that the kafka-clients jar itself states; jgo once put an older one under the broker."""
    clients = next(jar for jar in jars if jar.name.startswith("kafka-clients-"))
    return artifacts.read_property(clients, "kafka/kafka-version.properties", "version")


def broker_version(log: Path) -> str:
    """The version that the broker wrote in its log when it started; Kafka's protocol does not tell it."""
    marker = "Kafka version: "
    lines = [line for line in log.read_text(errors="replace").splitlines() if marker in line]
    return lines[-1].partition(marker)[2].split()[0] if lines else "unknown"


def _dump(directory: Path) -> Path:
    return directory / "classes.jsa"


def _class_path() -> str:
    return os.pathsep.join(str(jar) for jar in artifacts.jars("kafka"))
