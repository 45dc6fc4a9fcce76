"""PostgreSQL: tables, repository, migrations."""
