"""Reference data to start with, committed as YAML: gemeenten and convenanten, organisations and their locations."""
