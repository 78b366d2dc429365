"""Waiting for events with a deadline, instead of sleeping and hoping."""

import time
from typing import Callable, TypeVar

T = TypeVar("T")

# Seconds. A machine that others keep busy stands still for many, an election takes ten; and only a
# test that fails waits for so long.
PATIENCE = 90


class Hopeless(Exception):
    """Raised by a check when waiting on makes no sense: ends `eventually` at once."""


def eventually(check: Callable[[], T], what: str, timeout: float = PATIENCE,
               interval: float = 0.02) -> T:
    """Calls `check` until it returns something true, and returns that.

    An exception of `check` counts as "not yet". AssertionError after `timeout` seconds, with the
    last thing seen, so that a failed test says how far it came.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            seen = check()
            if seen:
                return seen
        except Hopeless:
            raise
        except Exception as error:  # noqa: BLE001 - told below when the deadline passes
            seen = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}; last seen: {seen!r}")
        time.sleep(interval)


def holds_for(check: Callable[[], bool], what: str, seconds: float, interval: float = 0.05) -> None:
    """Looks again and again for `seconds` seconds, and fails as soon as `check` is false."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert check(), f"no longer true: {what}"
        time.sleep(interval)
