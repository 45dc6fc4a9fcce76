"""Simulator of the Haal Centraal BRP API Personen 2.7.0 (RvIG): the real BRP cannot be reached from a developer's machine."""
