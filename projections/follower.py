"""Follows the log: one thread that keeps the live generation of one projection up to date."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing

from eventstore.bus import Subscription
from eventstore.crashpoints import crashpoint
from eventstore.errors import LogRewound, LogUnavailable, UndecodableFact
from projections.progress import Progress, State
from projections.projectors.fold import Fold
from projections.readmodel.errors import Fenced, ReadModelUnavailable
from projections.readmodel.store import Checkpoint, Control, Generation
from projections.tail import Tail

BATCH = 2000
POLL = 1.0
GLANCE = 0.25
"""A process that appends need not be able to wake this one, and its readers wait for a second."""
STANDBY = 1.0
SLOW_RETRY = 30.0
BACK_OFF = (0.1, 5.0)
HOLE_PAUSE = 0.02
BUSY = 0.001
GATHER = 0.0005
GATHER_MOST = 0.025
HOLE_ALARM = 5.0


class Follower:
    """Applies each event of the log once and in order to the live generation of `name`.

    Of several followers of one name one works, the others wait to take over. What it can't get past (a fact
    that it can't decode, a rewound log) stops it with the reason in `state` and in the registry; it looks
    again when another generation has become live, and every 30 s. An unavailable store or log it outlasts.

    `on_progress` is called on the follower's thread with each position that is applied and readable; `on_applied`
    with the events of each batch, and the seconds from their read to their commit. `gather_most` is for how many
    seconds it rests between the batches of a busy log at most: the longer, the less it takes from others.
    """

    def __init__(
        self,
        name: str,
        tail: Tail,
        control: Control,
        fold: Fold,
        ear: Subscription,
        on_progress: Callable[[int], None] = lambda _: None,
        on_applied: Callable[[int, float], None] = lambda *_: None,
        *,
        gather_most: float = GATHER_MOST,
    ) -> None:
        self._name = name
        self._tail = tail
        self._control = control
        self._fold = fold
        self._ear = ear
        self._on_progress = on_progress
        self._on_applied = on_applied
        self._gather_most = gather_most
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name=f"follow-{name}", daemon=True)
        self._progress = Progress(name, control)
        self._pause = BACK_OFF[0]
        self._stuck = False
        self._applied = 0
        self._hole: tuple[int, float] | None = None
        self._foreign: str | None = None
        self._look_at = 0.0

    @property
    def state(self) -> State:
        """How far it is; for any thread."""
        return self._progress.shown

    def start(self) -> None:
        """Follow on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch in hand, and wait for that."""
        self._stopping.set()
        self._ear.wake()
        if self._thread.ident is not None:
            self._thread.join()

    def run(self) -> None:
        """Follow until `stop`."""
        while not self._stopping.is_set():
            try:
                self._take_turn()
            except (LogUnavailable, ReadModelUnavailable) as error:
                self._progress.fails(str(error), logging.WARNING)
                # Another one may reach what this one can't.
                self._ear.rest()
                self._back_off()
            except Exception as error:  # noqa: BLE001 - a follower that dies unseen leaves its readers behind
                self._stick(error)

    def _take_turn(self) -> None:
        """Lead until stopped, or see that another leads. Whatever is raised gives up the lead: what this
        process can't get past, one of a newer program may.
        """
        if self._stuck:
            self._wait_for_a_change()
        with self._control.exclusively(f"follow-{self._name}") as leading:
            self._progress.update(leading=leading)
            if leading:
                self._ear.attend()
                self._lead_or_stick()
        if not leading:
            self._stand_by()

    def _lead_or_stick(self) -> None:
        """Tell what it can't get past while it leads: the word is another's afterwards."""
        try:
            self._lead()
        except (LogUnavailable, ReadModelUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - as in `run`
            self._stick(error)
            self._progress.report()

    def _lead(self) -> None:
        """Follow whatever is live until stopped."""
        while not self._stopping.is_set():
            live = self._control.projection(self._name).live
            try:
                with closing(self._control.generation(self._name, live, must_be_live=True)) as generation:
                    self._progress.update(generation=live)
                    self._follow(generation)
            except Fenced:
                # A replay has made another generation live, or another process moved on with this one.
                continue

    def _follow(self, generation: Generation) -> None:
        """Keep the generation up to date until it is not the live one any more."""
        while not self._stopping.is_set() and self._is_live(generation.number):
            checkpoint = generation.checkpoint()
            self._tell(checkpoint.position)
            look_again = time.monotonic() + POLL
            # Whoever moves it, or makes another live, is met at the next batch: the store compares both. While none
            # comes, it is asked.
            woken = True
            while woken and not self._stopping.is_set() and time.monotonic() < look_again:
                checkpoint, missing = self._catch_up(generation, checkpoint)
                self._progress.update(parked=len(generation.parked()))
                self._pause = BACK_OFF[0]
                if missing is None:
                    self._progress.recovers()
                    self._hole = None
                else:
                    self._note_hole(missing)
                self._progress.report()
                if missing is None:
                    woken = self._listen()
                else:
                    self._stopping.wait(HOLE_PAUSE)

    def _is_live(self, number: int) -> bool:
        row = self._control.projection(self._name)
        self._progress.update(building=row.building or 0)
        return row.live == number

    def _catch_up(self, generation: Generation, checkpoint: Checkpoint) -> tuple[Checkpoint, int | None]:
        """Apply what there is; how far that is, and the next position if it can't be read yet though the log has
        more.
        """
        while not self._stopping.is_set():
            began = time.monotonic()
            stretch = self._tail.read(checkpoint, BATCH)
            self._progress.update(head=stretch.head)
            if stretch.facts:
                self._progress.waits(stretch.first_at)
                crashpoint("follow-before-apply")
                generation.apply(self._fold(stretch.facts), checkpoint, stretch.after)
                crashpoint("follow-after-apply")
                checkpoint = stretch.after
                self._applied = len(stretch.facts)
                self._progress.applies(self._applied, stretch.origin)
                self._on_applied(self._applied, time.monotonic() - began)
                self._tell(checkpoint.position)
            self._progress.waits(
                None if stretch.complete else stretch.last_at or self._progress.state.waiting_since
            )
            if stretch.undecodable is not None:
                raise stretch.undecodable
            self._progress.update(working=True)
            if stretch.complete:
                break
            if stretch.hole:
                return checkpoint, checkpoint.position + 1
            self._progress.report()
        return checkpoint, None

    def _listen(self) -> bool:
        """Wait for a wake-up, and give whether one came, or until the log has grown without one. One that had come
        already says that much is coming, and more is cheaper together: then rest, the longer the more came this time.
        """
        began = before = time.monotonic()
        while True:
            self._ear.wait(min(GLANCE, POLL))
            now = time.monotonic()
            woken = now - before < GLANCE
            if woken or now - began >= POLL or self._tail.log.head() != self._progress.state.head:
                break
            before = now
        if now - began < BUSY:
            self._stopping.wait(min(self._applied * GATHER, self._gather_most))
        return woken

    def _tell(self, position: int) -> None:
        if position != self._progress.state.position:
            self._progress.update(position=position)
            self._on_progress(position)

    def _note_hole(self, missing: int) -> None:
        """A hole for an instant is how some engines show commits; one that lasts is an alarm."""
        now = time.monotonic()
        if self._hole is None or self._hole[0] != missing:
            self._hole = (missing, now)
        elif now - self._hole[1] > HOLE_ALARM:
            self._progress.fails(f"position {missing} is missing though the log has more")

    def _stick(self, error: Exception) -> None:
        match error:
            case LogRewound():
                self._progress.fails(f"the log was rewound; run `parley replay {self._name}` ({error})")
            case UndecodableFact():
                self._progress.fails(f"stopped at a fact that this program can't read: {error}")
            case _:
                self._progress.fails(f"{type(error).__name__}: {error}", defect=error)
        self._stuck = True
        self._ear.rest()

    def _back_off(self) -> None:
        self._stopping.wait(self._pause)
        self._pause = min(self._pause * 2, BACK_OFF[1])

    def _wait_for_a_change(self) -> None:
        """Until another generation is live, a slow retry is due or the follower is stopped."""
        self._progress.update(leading=False)
        retry_at = time.monotonic() + SLOW_RETRY
        while time.monotonic() < retry_at and not self._stopping.wait(STANDBY):
            self._progress.update(head=self._tail.log.head())
            if self._control.projection(self._name).live != self._progress.state.generation:
                break
        self._stuck = False

    def _stand_by(self) -> None:
        """Show how far the leader is, and wait a while."""
        self._ear.rest()
        if (word := self._control.reported(self._name)) is not None:
            if word.position and time.monotonic() >= self._look_at:
                self._look_whose()
            if self._foreign is None:
                self._progress.mirror(word)
            else:
                self._progress.fails(f"the {self._name} follow another log: {self._foreign}")
        self._stopping.wait(STANDBY)

    def _look_whose(self) -> None:
        """Note whether what the leader keeps up to date follows another log: its positions mean nothing here then."""
        generation = self._control.look_at(self._name)
        if generation is None:
            return
        with closing(generation):
            followed = generation.checkpoint().log_id
        if followed:
            self._foreign = None if followed == self._tail.log.log_id else followed
            self._look_at = time.monotonic() + SLOW_RETRY
