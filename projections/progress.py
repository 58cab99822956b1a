"""How far a follower is: for /readyz in its own process, for `parley status` in others, and in the log."""

import logging
import time
from typing import NamedTuple

from eventstore.origin import Origin
from projections.readmodel.store import Control, Report
from projections.silence import Silence

REPORT_EVERY = 1.0

logger = logging.getLogger(__name__)


class State(NamedTuple):
    """A follower at one moment.

    `waiting_since` is when the oldest event that it has not applied was recorded (microseconds since 1970),
    None if it knows of none. `leading` is False while another process follows for it. `parked` is how many messages
    the engine refuses to keep, a hundred at most. `building` is the generation that a replay builds, 0: none; known
    to the one that leads. `working`: the last time that it tried, it got on, or saw that
    another does, and it has not been silent since.
    """

    leading: bool = False
    generation: int = 0
    position: int = 0
    head: int = 0
    waiting_since: int | None = None
    error: str | None = None
    parked: int = 0
    working: bool = False
    building: int = 0

    @property
    def lag_events(self) -> int:
        """How many events of the log are not applied yet."""
        return max(0, self.head - self.position)

    def lag_seconds(self, now: int) -> float:
        """How long the oldest of them has waited; `now` is microseconds since 1970."""
        return 0.0 if self.waiting_since is None else max(0, now - self.waiting_since) / 1e6


class Progress:
    """Keeps a follower's state; written by its thread, `state` and `shown` may be read by any."""

    def __init__(self, name: str, control: Control) -> None:
        self._name = name
        self._control = control
        self._reported: tuple[int, str | None] | None = None
        self._reported_at = 0.0
        self._silence = Silence()
        self._events = 0
        self._origin: Origin | None = None
        self._told_at = float("-inf")
        self.state = State()

    @property
    def shown(self) -> State:
        """The state; with an error, and not working, if the last sign of life is too long ago."""
        state, silent = self.state, self._silence.error
        return state if silent is None else state._replace(working=False, error=state.error or silent)

    def update(
        self,
        *,
        leading: bool | None = None,
        generation: int | None = None,
        position: int | None = None,
        head: int | None = None,
        parked: int | None = None,
        working: bool | None = None,
        building: int | None = None,
    ) -> None:
        """Note what is known anew; that something is, is a sign of life."""
        self._silence.ends()
        if leading:
            # Who led before may have left another word.
            self._reported = None
        old = self.state
        self.state = old._replace(
            leading=old.leading if leading is None else leading,
            generation=old.generation if generation is None else generation,
            position=old.position if position is None else position,
            head=old.head if head is None else head,
            parked=old.parked if parked is None else parked,
            working=old.working if working is None else working,
            building=old.building if building is None else building,
        )

    def applies(self, events: int, origin: Origin | None) -> None:
        """Note that so many more are applied, and where the last of them comes from; for the log."""
        self._events += events
        self._origin = origin

    def waits(self, since: int | None) -> None:
        """Note when the oldest event that is not applied was recorded."""
        self.state = self.state._replace(waiting_since=since)

    def fails(self, error: str, level: int = logging.ERROR, defect: Exception | None = None) -> None:
        """Note what is wrong; logged when it is something else than before, with the trace of a defect."""
        if error != self.state.error:
            logger.log(level, "%s at %d: %s", self._name, self.state.position, error, exc_info=defect)
        self.state = self.state._replace(error=error, working=False)

    def recovers(self) -> None:
        """Note that nothing is wrong any more."""
        if self.state.error is not None:
            logger.info("%s goes on from position %d", self._name, self.state.position)
            self.state = self.state._replace(error=None)

    def mirror(self, word: Report) -> None:
        """Show what the process that leads has reported."""
        self._silence.ends()
        self.state = self.state._replace(
            position=word.position,
            head=word.head,
            error=word.error,
            waiting_since=None,
            working=word.error is None,
        )

    def report(self) -> None:
        """Leave word for other processes: a new error at once, positions about once per second.

        Raises ReadModelUnavailable.
        """
        now = time.monotonic()
        self._tell_applied(now)
        word = (self.state.position, self.state.error)
        due = (
            self._reported is None or self._reported[1] != word[1] or now - self._reported_at >= REPORT_EVERY
        )
        # Each report is a commit of its own: not one per batch.
        if word != self._reported and due:
            self._control.report(
                self._name, position=self.state.position, head=self.state.head, error=self.state.error
            )
            self._reported, self._reported_at = word, now

    def _tell_applied(self, now: float) -> None:
        """One line a second, however many batches there were: the last event's request stands for them all."""
        if not self._events or now - self._told_at < REPORT_EVERY:
            return
        events, origin = self._events, self._origin
        self._events, self._told_at = 0, now
        names = {} if origin is None else {**origin._asdict(), "trace_id": origin.traceparent[3:35]}
        logger.info("%s applied %d events, up to %d", self._name, events, self.state.position, extra=names)
