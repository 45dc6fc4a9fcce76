"""The events, topics and roles of the Verwijsindex: what services agree on, and nothing else."""
