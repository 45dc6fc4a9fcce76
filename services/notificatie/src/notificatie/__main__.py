"""`python -m notificatie api|consumer|relay|jobs|migrate|check|all`."""

from notificatie.bootstrap import components, migrate
from notificatie.settings import Settings
from platformkit.runtime import main

if __name__ == "__main__":
    settings = Settings()
    main("notificatie", settings, components(settings), lambda: migrate(settings))
