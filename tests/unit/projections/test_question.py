"""What is asked on a thread: its answer, its error, and none."""

import threading

from eventstore.errors import LogUnavailable
from projections.question import Heard, Question

LONG = 60.0


def test_an_answer() -> None:
    assert Question(lambda: 7, LONG).heard() == Heard(7, None)


def test_an_error_that_is_known_speaks_for_itself() -> None:
    def ask() -> None:
        raise LogUnavailable("the disk is gone")

    assert Question(ask, LONG).heard() == Heard(None, "the disk is gone")


def test_another_error_is_named() -> None:
    def ask() -> int:
        return int(b"x")

    _, error = Question(ask, LONG).heard()

    assert error is not None
    assert error.startswith("ValueError: ")


def test_one_that_hangs_is_left_behind() -> None:
    goes_on = threading.Event()
    hanging = Question(goes_on.wait, 0.01)

    assert hanging.heard() == Heard(None, "no answer in 0.01 s")

    goes_on.set()


def test_all_are_asked_before_one_is_waited_for() -> None:
    meeting = threading.Barrier(3)

    questions = [Question(meeting.wait, LONG) for _ in range(3)]

    assert {question.heard().said for question in questions} == {0, 1, 2}
