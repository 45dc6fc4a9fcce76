"""Events in and out: envelope, consumer, dead letters."""
