"""`python -m brp_proxy api|consumer|relay|jobs|migrate|check|all`."""

from brp_proxy.bootstrap import SERVICE, components, migrate
from brp_proxy.settings import Settings
from platformkit import runtime


def main() -> None:
    """Run one role of brp-proxy."""
    settings = Settings()
    runtime.main(SERVICE, settings, components(settings), lambda: migrate(settings))


if __name__ == "__main__":
    main()
