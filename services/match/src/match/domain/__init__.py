"""The rules of matching, without I/O: R080-R086, D4, D18."""
