"""Kafka: the topic match."""
