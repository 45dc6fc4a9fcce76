"""Signals and their life, organisations and professionals."""
