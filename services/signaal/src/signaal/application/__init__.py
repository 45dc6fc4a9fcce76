"""What signaal does: commands, the ports it needs, queries, and a handler per command."""
