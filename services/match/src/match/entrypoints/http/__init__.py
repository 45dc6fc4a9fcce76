"""The API for professionals."""
