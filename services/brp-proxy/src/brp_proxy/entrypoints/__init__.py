"""HTTP, Kafka and jobs: translate and hand over."""
