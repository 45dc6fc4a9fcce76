"""Which databases there are and who reads what, by the list of services and the topic files."""

from dataclasses import dataclass

from contracts.registry import topics
from lokaal.services import SERVICES

DATABASES = tuple(service.module for service in SERVICES)


@dataclass(frozen=True)
class Reader:
    """A consumer that must handle all of a topic."""

    service: str
    topic: str

    @property
    def database(self) -> str:
        """Where its inbox and its dead letters stand."""
        return self.service.replace("-", "_")

    @property
    def consumer(self) -> str:
        """Its name, and that of its Kafka group."""
        return f"{self.service}.{self.topic}"


READERS = {
    name: [Reader(each.service, name) for each in topic.readers if not each.planned] for name, topic in topics().items()
}
"""By topic."""
