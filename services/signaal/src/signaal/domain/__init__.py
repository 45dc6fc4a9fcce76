"""The rules of a signal, in pure Python: no clock, no database, no framework."""
