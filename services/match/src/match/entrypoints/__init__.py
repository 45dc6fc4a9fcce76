"""Ways in: HTTP, Kafka, the calendar."""
