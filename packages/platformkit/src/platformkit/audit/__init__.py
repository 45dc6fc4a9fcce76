"""The audit log afterwards: sealed into a chain, and checked against it (D12)."""
