"""Ways in: HTTP (health only), Kafka, and the jobs."""
