"""The database of signaal."""
