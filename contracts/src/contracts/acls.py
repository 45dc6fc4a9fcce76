"""Who may do what at Kafka, from the topic files (D17): an owner writes its topics and reads back what it told, a reader
reads those that name it.

`python -m contracts.acls` prints them as the commands of Kafka's own tool. Everything else is denied: the brokers run
with `allow.everyone.if.no.acl.found=false`, and topics are made by an operator.
"""

import sys
from dataclasses import dataclass
from typing import Literal

from contracts.registry import topics


@dataclass(frozen=True)
class Acl:
    """Something that the account of a service, which has its name, may do.

    Args:
        service: whose account.
        operation: in Kafka's words. Both include to describe.
        resource: a `topic` by its name, or each `group` whose name begins with this.
    """

    service: str
    operation: Literal["Read", "Write"]
    resource: Literal["topic", "group"]
    name: str


def acls() -> tuple[Acl, ...]:
    """All that is allowed to the services that there are, by service."""
    found: set[Acl] = set()
    for topic in topics().values():
        found |= {Acl(topic.owner, operation, "topic", topic.topic) for operation in ("Write", "Read")}
        for reader in topic.readers:
            if not reader.planned:
                found.add(Acl(reader.service, "Read", "topic", topic.topic))
                # A consumer's group is called `<service>.<what it reads>`.
                found.add(Acl(reader.service, "Read", "group", f"{reader.service}."))
    return tuple(sorted(found, key=lambda acl: (acl.service, acl.resource, acl.operation, acl.name)))


def main() -> None:
    """Print the commands, one a line, for `--bootstrap-server` and `--command-config` of the reader."""
    for acl in acls():
        pattern = " --resource-pattern-type prefixed" if acl.resource == "group" else ""
        sys.stdout.write(
            f'kafka-acls.sh "$@" --add --allow-principal User:{acl.service}'
            f" --operation {acl.operation} --{acl.resource} {acl.name}{pattern}\n"
        )


if __name__ == "__main__":
    main()
