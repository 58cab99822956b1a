"""Asks now and then how far the projections are, for the health of a process that does not follow the log itself."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

from eventstore.clock import system_clock
from eventstore.errors import LogError
from eventstore.log import Log
from eventstore.open import open_log
from parley.asking import Asking
from projections.projectors import PROJECTIONS
from projections.readmodel.errors import ReadModelError
from projections.readmodel.open import open_control
from projections.readmodel.store import Control
from projections.status import status

EVERY = 5.0


class Watch(Asking):
    """Looks at log and registry. `found`, `more` and `error` may be read by any thread."""

    def __init__(self, log_url: str, read_url: str, search_url: str) -> None:
        super().__init__("watch", EVERY, "how far the projections are", (LogError, ReadModelError))
        self._log_url = log_url
        self._read_url = read_url
        self._search_url = search_url
        self.found: Mapping[str, Any] = {}
        """`{"log": {"head"}, "projections": {name: …}}`, or `{"log": {"error"}}` if that could not be asked."""
        self.more: Mapping[str, Any] = {}
        """`{"projections": {name: …}}`, with all that is known of each."""
        self.error: str | None = "not asked yet"
        """Why it could not be asked."""

    @contextmanager
    def _reached(self) -> Iterator[Callable[[], None]]:
        with (
            closing(open_log(self._log_url)) as log,
            closing(open_control(self._read_url, self._search_url, makes=False)) as control,
        ):
            yield partial(self._look, log, control)

    def _fails(self, error: Exception | None) -> None:
        self.error = "not known" if error is None else str(error)
        self.found, self.more = {"log": {"error": self.error}}, {}

    def _look(self, log: Log, control: Control) -> None:
        found = status(log, control, tuple(PROJECTIONS), system_clock)
        self.found = {
            "log": {"head": found["head"]},
            "projections": {one["name"]: _shown(one) for one in found["projections"]},
        }
        self.more = {"projections": {one["name"]: _shown(one, *_MORE) for one in found["projections"]}}
        self.error = None


_MORE = ("generation", "previous", "building", "reported_at")


def _shown(one: Mapping[str, Any], *more: str) -> dict[str, Any]:
    """What `/readyz` of a follower's own process shows, too."""
    kept = ("position", "lag_events", "lag_seconds", "error", *more)
    return {**{name: one[name] for name in kept}, "parked": len(one["parked"])}
