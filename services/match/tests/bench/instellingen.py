"""What PostgreSQL has in production on a server of this size; the cluster of the tests has the defaults of a laptop."""

import os

_GEHEUGEN = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

# The most that PostgreSQL's manual holds to be of use: what a batch touches must fit in it (README, "What it needs").
PRODUCTIE = {"shared_buffers": f"{_GEHEUGEN * 2 // 5 >> 20}MB", "max_wal_size": "16GB", "checkpoint_timeout": "30min"}
