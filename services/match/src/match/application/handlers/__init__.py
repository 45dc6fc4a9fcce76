"""One handler per thing that happens."""
