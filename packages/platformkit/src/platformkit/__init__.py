"""What must be identical in every service to be correct. No word of the domain lives here."""
