"""Which connections have stalled, by a clock of our own."""

import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from web.limits import Limits
from web.protocol import Phase
from web.sweeper import sweep

LIMITS = Limits()


class Transport:
    def __init__(self) -> None:
        self.unsent = 0
        self.ended: str | None = None

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def get_extra_info(self, _: str) -> None:
        return None

    def close(self) -> None:
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"


class Connection:
    """As much of the protocol as the sweeper looks at."""

    def __init__(self, phase: Phase, answered: bool | None = None) -> None:
        self.limits = LIMITS
        self.phase = phase
        self.since = 0.0
        self.unread = 0
        self.unread_since = 0.0
        self.cycle = None if answered is None else SimpleNamespace(response_complete=answered)
        self.flow = SimpleNamespace(read_paused=False)
        self.transport = Transport()
        self.answering_before_refusal = False

    def fail(self, status: int, _: str) -> None:
        self.transport.ended = str(status)

    def after(self, seconds: float) -> str | None:
        connection: Any = self
        sweep(connection, seconds)
        return self.transport.ended


@pytest.mark.parametrize(
    ("phase", "answered", "seconds", "end"),
    [
        pytest.param(Phase.BETWEEN, None, LIMITS.head_seconds, "closed", id="connected and silent"),
        pytest.param(Phase.HEAD, None, LIMITS.head_seconds, "408", id="half a head"),
        pytest.param(Phase.HEAD, True, LIMITS.head_seconds, "408", id="half a second head"),
        pytest.param(Phase.BODY, False, LIMITS.body_seconds, "408", id="half a body"),
        pytest.param(Phase.BODY, True, LIMITS.body_seconds, "408", id="half a body that nobody waits for"),
        pytest.param(Phase.BETWEEN, True, LIMITS.idle_seconds, "closed", id="at rest"),
        pytest.param(Phase.REFUSED, True, LIMITS.linger_seconds, "aborted", id="refused and still there"),
    ],
)
def test_what_stalls(phase: Phase, answered: bool | None, seconds: float, end: str) -> None:
    assert Connection(phase, answered).after(seconds) is None
    assert Connection(phase, answered).after(seconds + 1) == end


def test_a_request_that_the_application_works_on_does_not_stall() -> None:
    assert Connection(Phase.BETWEEN, answered=False).after(10_000) is None


def test_a_refused_connection_that_owes_answers_is_not_cut_off() -> None:
    connection = Connection(Phase.REFUSED, answered=False)
    connection.answering_before_refusal = True
    assert connection.after(10_000) is None


def test_the_clock_stands_still_while_the_application_does_not_read() -> None:
    connection = Connection(Phase.BODY, answered=False)
    connection.flow.read_paused = True
    assert connection.after(10_000) is None
    connection.flow.read_paused = False
    assert connection.after(10_000 + LIMITS.body_seconds) is None
    assert connection.after(10_001 + LIMITS.body_seconds) == "408"


@pytest.mark.parametrize("phase", [Phase.BETWEEN, Phase.REFUSED])
def test_an_answer_that_is_not_read(phase: Phase) -> None:
    connection = Connection(phase, answered=True)
    connection.transport.unsent = 1
    for second in range(int(LIMITS.unread_seconds) + 1):
        connection.since = second
        assert connection.after(second) is None
    assert connection.after(LIMITS.unread_seconds + 1) == "aborted"


@pytest.mark.parametrize(("share", "end"), [(1.0, None), (0.5, "aborted")])
def test_an_answer_that_is_read_slowly(share: float, end: str | None) -> None:
    connection = Connection(Phase.BETWEEN, answered=False)
    connection.transport.unsent = 10 * LIMITS.unread_bytes
    for window in range(9):
        connection.after(window * LIMITS.unread_seconds)
        connection.after((window + 1) * LIMITS.unread_seconds - 1)
        connection.transport.unsent -= int(share * LIMITS.unread_bytes)
    assert connection.after(9 * LIMITS.unread_seconds) == end


def test_a_process_whose_parent_is_gone_ends_itself() -> None:
    code = (
        "import asyncio; from web.sweeper import sweep_forever; asyncio.run(sweep_forever([], 0, parent=0))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
