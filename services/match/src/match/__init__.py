"""Client and family matches."""
