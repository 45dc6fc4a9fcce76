"""Telling those involved, without content."""
