"""The real servers of the stack, had with pip alone: how each is prepared, started and asked for its version."""
