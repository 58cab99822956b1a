"""Where times and tokens come from: a program that plays a run again says what they are."""

from collections.abc import Callable
from typing import NamedTuple

from commands.http.app import new_token
from eventstore.clock import Clock, system_clock


class Sources(NamedTuple):
    """Each transaction of the log asks `clock` once it has its locks, each new application `new_token`."""

    clock: Clock = system_clock
    new_token: Callable[[], str] = new_token


SYSTEM = Sources()
"""The machine's clock, and chance."""
