"""Asks what may never be answered, and waits only so long."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, NamedTuple, TypeVar

from eventstore.bus import BusUnavailable
from eventstore.errors import LogError
from projections.readmodel.errors import ReadModelError

T = TypeVar("T")


class Heard(NamedTuple, Generic[T]):
    """What was said, or the error that says why it was not."""

    said: T | None
    error: str | None


class Question(Generic[T]):
    """Asked at once, on a thread of its own. One that hangs is left behind, and ends with the process."""

    def __init__(self, ask: Callable[[], T], seconds: float) -> None:
        self._answer: Future[T] = Future()
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        threading.Thread(target=self._run, args=(ask,), daemon=True).start()

    def heard(self) -> Heard[T]:
        """What was said within `seconds` of the asking."""
        if not wait([self._answer], max(0.0, self._until - time.monotonic())).done:
            return Heard(None, f"no answer in {self._seconds:g} s")
        error = self._answer.exception()
        if error is None:
            return Heard(self._answer.result(), None)
        if isinstance(error, LogError | ReadModelError | BusUnavailable):
            return Heard(None, str(error))
        return Heard(None, f"{type(error).__name__}: {error}".removesuffix(": "))

    def _run(self, ask: Callable[[], T]) -> None:
        try:
            self._answer.set_result(ask())
        except Exception as error:  # noqa: BLE001 - one that answers strangely must not hide what others say
            self._answer.set_exception(error)
