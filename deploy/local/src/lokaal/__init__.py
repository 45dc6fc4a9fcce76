"""The stack as code: servers, simulators and services on one machine (D14)."""
