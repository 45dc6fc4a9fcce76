"""A service: what it declares, and all that follows from that."""

from platformkit.service.commands import Command
from platformkit.service.jobs import Job, every
from platformkit.service.process import Process
from platformkit.service.service import Retelling, Service

__all__ = ["Command", "Job", "Process", "Retelling", "Service", "every"]
