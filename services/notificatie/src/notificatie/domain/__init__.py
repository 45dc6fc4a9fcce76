"""The rules: who is told of what, and what becomes of a notification."""
