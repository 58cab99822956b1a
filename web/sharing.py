"""The thread that tells other processes what was counted here, and learns what they have counted."""

import logging
import threading
from collections.abc import Sequence

from web.counts import Counts, Window
from web.exchange import Exchange, News

EVERY = 0.2
MOST_AT_ONCE = 1000
PAUSE = 2.0

logger = logging.getLogger(__name__)


class Sharing:
    """Exchanges a few times a second. While that fails every process goes by what it has counted itself.

    Told is how much was counted, not how much more: an answer that is lost changes nothing.
    """

    def __init__(self, counts: Counts, exchange: Exchange) -> None:
        self._counts = counts
        self._exchange = exchange
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="limits", daemon=True)
        self.error: str | None = None

    def start(self) -> None:
        """Begin."""
        self._counts.track_changes()
        self._thread.start()

    def stop(self) -> None:
        """End; what was not told yet never is."""
        self._stopping.set()
        self._thread.join()
        self._exchange.close()

    def _run(self) -> None:
        pause = EVERY
        while not self._stopping.wait(pause):
            try:
                self._exchange_all(self._counts.take_changed())
                self._note(None)
                pause = EVERY
            except Exception as error:  # noqa: BLE001 - whatever a server does, the next attempt may succeed
                self._note(f"{type(error).__name__}: {error}")
                pause = PAUSE

    def _exchange_all(self, windows: Sequence[Window]) -> None:
        for first in range(0, len(windows), MOST_AT_ONCE):
            if self._stopping.is_set():
                return
            some = windows[first : first + MOST_AT_ONCE]
            others = self._exchange.tell(
                [News(f"{window.key}:{window.number}", window.own, 2 * window.seconds) for window in some]
            )
            for window, count in zip(some, others, strict=True):
                window.others = count

    def _note(self, error: str | None) -> None:
        """Logged when it changes."""
        if error != self.error:
            self.error = error
            if error is None:
                logger.info("limits are shared through Redis again")
            else:
                logger.warning(
                    "limits are not shared through Redis, each process counts for itself: %s", error
                )
