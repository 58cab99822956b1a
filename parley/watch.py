"""Asks now and then how far the projections are, for the health of a process that does not follow the log itself."""

import logging
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from eventstore.clock import system_clock
from eventstore.errors import LogError
from eventstore.log import Log
from eventstore.open import open_log
from projections.projectors import PROJECTIONS
from projections.readmodel.errors import ReadModelError
from projections.readmodel.open import open_control
from projections.readmodel.store import Control
from projections.status import status

EVERY = 5.0
GRACE = 2.0

logger = logging.getLogger(__name__)


class Watch:
    """A thread of its own, since log and registry may take their time. `found` may be read by any thread."""

    def __init__(self, log_url: str, read_url: str, search_url: str) -> None:
        self._log_url = log_url
        self._read_url = read_url
        self._search_url = search_url
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.found: Mapping[str, Any] = {}
        """`{"log": {"head"}, "projections": {name: …}}`, or `{"log": {"error"}}` if that could not be asked."""
        self.more: Mapping[str, Any] = {}
        """`{"projections": {name: …}}`, with all that is known of each."""
        self.error: str | None = "not asked yet"
        """Why it could not be asked."""

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End it after the look in hand, which is not waited for long."""
        self._stopping.set()
        self._thread.join(GRACE)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with ExitStack() as stack:
                    log = open_log(self._log_url)
                    stack.callback(log.close)
                    control = open_control(self._read_url, self._search_url, makes=False)
                    stack.callback(control.close)
                    self._look(log, control)
            except (LogError, ReadModelError) as error:
                self._fails(str(error))
            except Exception:
                # A thread that dies unseen shows for ever what was true then.
                logger.exception("can't tell how far the projections are")
                self._fails("not known")
            self._stopping.wait(EVERY)

    def _fails(self, error: str) -> None:
        self.found, self.more, self.error = {"log": {"error": error}}, {}, error

    def _look(self, log: Log, control: Control) -> None:
        """Until stopped. Raises what can't be asked."""
        while not self._stopping.is_set():
            found = status(log, control, tuple(PROJECTIONS), system_clock)
            self.found = {
                "log": {"head": found["head"]},
                "projections": {one["name"]: _shown(one) for one in found["projections"]},
            }
            self.more = {"projections": {one["name"]: _shown(one, *_MORE) for one in found["projections"]}}
            self.error = None
            self._stopping.wait(EVERY)


_MORE = ("generation", "previous", "building", "reported_at")


def _shown(one: Mapping[str, Any], *more: str) -> dict[str, Any]:
    """What `/readyz` of a follower's own process shows, too."""
    kept = ("position", "lag_events", "lag_seconds", "error", *more)
    return {**{name: one[name] for name in kept}, "parked": len(one["parked"])}
