"""What PostgreSQL has in production on a server of this size; the cluster of the tests has the defaults of a laptop."""

PRODUCTIE = {"shared_buffers": "3GB", "max_wal_size": "16GB", "checkpoint_timeout": "30min"}
