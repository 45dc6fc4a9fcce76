"""Telling the world what was committed."""
