"""The BRP and other services."""
