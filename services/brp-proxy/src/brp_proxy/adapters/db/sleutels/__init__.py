"""The key database: no backup that is kept for long holds it, so a destroyed person is gone from every backup (D8)."""
