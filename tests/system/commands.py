"""What an operator starts by hand in a running stack."""

from collections.abc import Collection

from driver import Driver

from lokaal.services import SERVICES

_WRONG_USE = 2


def command(driver: Driver, service: str, *words: str) -> None:
    """Run a command of a service; fails with what it said."""
    done = driver.stack.command(service, *words)
    assert done.returncode == 0, done.stdout + done.stderr


def told_again(driver: Driver, *, apart: Collection[str] = ()) -> None:
    """Let every service but those `apart` tell all that it owns again; which ones can, they say themselves."""
    told = []
    for service in SERVICES:
        if service.name in apart:
            continue
        done = driver.stack.command(service.name, "republish")
        if done.returncode == _WRONG_USE and "republish" not in done.stderr:
            continue  # it knows no such command
        assert done.returncode == 0, done.stdout + done.stderr
        told.append(service.name)
    assert told
