"""The database: engines, context, technical tables, migrations."""
