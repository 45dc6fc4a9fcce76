"""What the service does: commands, ports, handlers."""
