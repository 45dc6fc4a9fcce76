"""`python -m brp_proxy api|consumer|relay|jobs|migrate|check|all`, or a command for the operator."""

from brp_proxy.bootstrap import SERVICE, commands, components, migrate
from brp_proxy.settings import Settings
from platformkit import runtime


def main() -> None:
    """Run one role or command of brp-proxy."""
    settings = Settings()
    runtime.main(SERVICE, settings, components(settings), lambda: migrate(settings), commands(settings))


if __name__ == "__main__":
    main()
