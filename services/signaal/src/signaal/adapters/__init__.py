"""What the application's ports are made of: PostgreSQL, brp-proxy."""
