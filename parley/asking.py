"""A thread that asks servers again and again, whatever becomes of them."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager

GRACE = 2.0

logger = logging.getLogger(__name__)


class Asking(ABC):
    """A thread of its own, since servers may take their time."""

    def __init__(self, name: str, every: float, what: str, known: tuple[type[Exception], ...]) -> None:
        """`every` is the seconds from one look to the next, and to the next attempt after one of the `known` errors;
        `what` it is that can't be told after any other.
        """
        self._every = every
        self._what = what
        self._known = known
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End it after the look in hand, which is not waited for long."""
        self._stopping.set()
        self._thread.join(GRACE)

    @abstractmethod
    def _reached(self) -> AbstractContextManager[Callable[[], None]]:
        """What is asked is open meanwhile; gives what looks once."""

    @abstractmethod
    def _fails(self, error: Exception | None) -> None:
        """Take a known error; None: a defect, which is logged."""

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._reached() as look:
                    while not self._stopping.is_set():
                        look()
                        self._stopping.wait(self._every)
            except self._known as error:
                self._fails(error)
            except Exception:
                # A thread that dies unseen shows for ever what was true then.
                logger.exception("can't tell %s", self._what)
                self._fails(None)
            self._stopping.wait(self._every)
