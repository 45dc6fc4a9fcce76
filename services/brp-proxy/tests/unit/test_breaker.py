"""Who does not answer is left alone for a while."""

import pytest

from brp_proxy.adapters.http.breaker import Breaker, BreakerOpenError


class WegError(Exception):
    pass


class Wereld:
    def __init__(self) -> None:
        self.seconds = 1000.0
        self.breaker = Breaker("proef", now=lambda: self.seconds)

    def ask(self, error: Exception | None = None) -> str:
        """What became of a call: made, or not, and when to come back."""
        try:
            with self.breaker.guard(WegError):
                if error is not None:
                    raise error
        except BreakerOpenError as refused:
            return f"wait {refused.seconds}"
        except (WegError, ValueError, KeyboardInterrupt):
            pass
        return "made"

    def open(self) -> None:
        assert [self.ask(WegError()) for _ in range(5)] == ["made"] * 5


@pytest.fixture
def wereld() -> Wereld:
    return Wereld()


def test_after_five_failures_in_a_row_nobody_waits_any_more(wereld) -> None:
    wereld.open()
    assert wereld.ask() == "wait 10"
    wereld.seconds += 9.5
    assert wereld.ask() == "wait 1"


def test_a_success_between_begins_the_count_anew_and_what_tells_nothing_does_not(wereld) -> None:
    for error in (WegError(), WegError(), WegError(), WegError(), None, WegError(), WegError(), ValueError()):
        assert wereld.ask(error) == "made"
    assert [wereld.ask(WegError()) for _ in range(4)] == ["made", "made", "made", "wait 10"]


def test_one_call_finds_out_and_meanwhile_no_other_is_made(wereld) -> None:
    wereld.open()
    wereld.seconds += 10
    with wereld.breaker.guard(WegError):
        assert [wereld.ask(), wereld.ask()] == ["wait 1", "wait 1"]
    assert [wereld.ask(WegError()), wereld.ask()] == ["made", "made"]


def test_when_that_fails_it_is_left_alone_for_as_long_again(wereld) -> None:
    wereld.open()
    wereld.seconds += 10
    assert [wereld.ask(WegError()), wereld.ask()] == ["made", "wait 10"]
    wereld.seconds += 10
    assert [wereld.ask(), wereld.ask()] == ["made", "made"]


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()])
def test_one_that_finds_nothing_out_lets_the_next_one_try(wereld, error) -> None:
    wereld.open()
    wereld.seconds += 10
    assert [wereld.ask(error), wereld.ask(WegError()), wereld.ask()] == ["made", "made", "wait 10"]
