"""`python -m notificatie api|consumer|relay|jobs|migrate|check|all`, or a command for the operator."""

from notificatie.bootstrap import SERVICE, commands, components, migrate
from notificatie.settings import Settings
from platformkit.runtime import main

if __name__ == "__main__":
    settings = Settings()
    main(SERVICE, settings, components(settings), lambda: migrate(settings), commands(settings))
