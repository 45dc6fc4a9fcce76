"""What the outside needs: database, signaal's addresses, templates."""
