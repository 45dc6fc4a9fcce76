"""`python -m match api|consumer|relay|jobs|migrate|check|all`, or a command for the operator."""

from match import bootstrap
from match.settings import Settings
from platformkit import runtime


def main() -> None:
    """Run the role on the command line."""
    settings = Settings()
    runtime.main(
        bootstrap.SERVICE,
        settings,
        bootstrap.components(settings),
        lambda: bootstrap.migrate(settings),
        bootstrap.commands(settings),
    )


if __name__ == "__main__":
    main()
