"""Where requests and the hour come in."""
