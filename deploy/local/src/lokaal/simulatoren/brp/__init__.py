"""Simulator of the Haal Centraal BRP API Personen 2.7.0 (RvIG) and the BRP Update API 1.0.0.

The real BRP cannot be reached from a developer's machine.
"""
