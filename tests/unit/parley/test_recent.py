"""What is recent: by looks at the log, never by its clock."""

from pathlib import Path

import pytest

from eventstore.open import migrate_log
from parley.recent import MOST_SECONDS, Looker, Looks
from tests.support.waiting import until


class Log:
    """A head and a clock that the test turns."""

    def __init__(self) -> None:
        self.now = 100.0
        self.head = 0
        self.looks = Looks(lambda: self.now)

    def look(self, head: int, after: float = 1.0) -> None:
        self.now += after
        self.looks.look(lambda: head)


@pytest.fixture
def log() -> Log:
    return Log()


def test_nothing_is_recent_before_the_first_look(log: Log) -> None:
    assert not log.looks.is_recent(10**18)


def test_what_reaches_a_head_of_the_last_seconds_is_recent(log: Log) -> None:
    for head in (10, 20, 30):
        log.look(head)
    assert [log.looks.is_recent(position) for position in (9, 10, 30)] == [False, True, True]
    log.now += MOST_SECONDS - 1.5
    assert [log.looks.is_recent(position) for position in (19, 20)] == [False, True]
    log.now += 1
    assert [log.looks.is_recent(position) for position in (29, 30)] == [False, True]


def test_a_log_that_can_t_be_asked_makes_nothing_recent_in_the_end(log: Log) -> None:
    log.look(10)

    def away() -> int:
        log.now += 1
        raise OSError("away")

    for _ in range(int(MOST_SECONDS)):
        assert log.looks.is_recent(10)
        with pytest.raises(OSError, match="away"):
            log.looks.look(away)
    log.now += 0.1
    assert not log.looks.is_recent(10)
    log.look(10)
    assert log.looks.is_recent(10)


def test_a_look_is_as_old_as_its_question(log: Log) -> None:
    """What is acknowledged while the log is asked may be behind the head that comes back."""

    def slow() -> int:
        log.now += MOST_SECONDS + 0.1
        return 10

    log.looks.look(slow)
    assert not log.looks.is_recent(10)


def test_a_looker_waits_for_a_log_that_comes_later(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    looker = Looker(url)
    looker.start()
    try:
        assert not looker.is_recent(0)
        migrate_log(url)
        until(lambda: looker.is_recent(0), "a look at the log")
    finally:
        looker.stop()
