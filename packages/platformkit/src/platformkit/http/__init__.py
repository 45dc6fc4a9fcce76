"""HTTP in and out: application, identity, problems, limits, clients."""
