"""HTTP: translate and hand over."""
