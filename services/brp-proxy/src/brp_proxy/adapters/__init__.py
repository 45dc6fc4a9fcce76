"""The outside: BRP, keys, database, signaal."""
