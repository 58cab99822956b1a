"""The ports of writing: one generation of one read model, and what says which generation is live."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from projections.readmodel.changes import Change

Pause = Callable[[], bool]
"""Called between two chunks, so that followers and writers get their turn; True: stop here."""


def go_on() -> bool:
    """The pause that is none."""
    return False


class Checkpoint(NamedTuple):
    """How far a generation has followed which log; `event_id` is that position's event's (b"" at 0)."""

    log_id: str = ""
    position: int = 0
    event_id: bytes = b""


class Drift(NamedTuple):
    """A counter that is not what counting gives. `thing` names it, for instance `chat <token>/7 messages_count`."""

    thing: str
    kept: int
    counted: int


class Generation(Protocol):
    """One generation of one read model, for its writer; belongs to one thread, but for `begin`.

    May raise ReadModelUnavailable.
    """

    @property
    def number(self) -> int:
        """1, 2, 3 …; never used twice for one projection."""

    def checkpoint(self) -> Checkpoint:
        """How far it is."""

    def apply(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> None:
        """Make the changes and move the checkpoint, in one transaction.

        Raises Fenced, and changes nothing, if the checkpoint is not `before` or if the generation must be
        the live one (see `Control.generation`) and is not.
        """

    def begin(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> Callable[[], None]:
        """Begin to apply a batch ahead of its turn, maybe on another thread while the one before it is applied, and
        give what ends it once that is done: together they do what `apply` does.

        Only where nobody else writes: what is begun is not undone if the batch before it fails. The first of a
        generation must be begun on its own thread.
        """

    def finish(self) -> None:
        """End a bulk build: make what was left out for speed (indexes), so that it can serve."""

    def hold(self) -> AbstractContextManager[None]:
        """While held, nobody else can commit to this generation; what was held is freed by a crash, too."""

    def purge(self, limit: int) -> int:
        """Remove at most `limit` deleted owners and rows below them; how many steps that took: 0 if none is left."""

    def recount(self, repair: bool, pause: Pause = go_on) -> list[Drift]:
        """Count again, in short transactions; the drifts found, put right if `repair`."""

    def rows(self) -> AbstractContextManager[tuple[Checkpoint, Iterator[tuple[str, bytes]]]]:
        """Everything a reader could see, in one snapshot, and how far that snapshot is.

        (key, content), ordered by key (as Python compares strings), in bounded memory. The snapshot ends
        with the context.
        """

    def check(self) -> list[str]:
        """What the engine itself finds wrong with its storage, indexes included; a follower is not held up.

        Not for two at once: the holder of the projection's scratch generation may call it.
        """

    def parked(self) -> list[str]:
        """Messages that the engine itself refuses to keep, and why; the first hundred of them. Takes little time."""

    def close(self) -> None:
        """Give back what is open."""


class Report(NamedTuple):
    """The last word of a live follower; `reported_at` is microseconds since 1970."""

    position: int
    head: int
    error: str | None
    reported_at: int


class LiveProjection(NamedTuple):
    """What the registry says of a projection: the live generation, and the one that `rollback` leads to."""

    name: str
    live: int
    previous: int | None
    building: int | None


class Control(Protocol):
    """The registry of generations: the only authority on what is live. Safe for many threads and processes.

    All of it may raise ReadModelUnavailable.
    """

    @property
    def secret(self) -> bytes:
        """32 random bytes, the same for ever: signs cursors."""

    def store(self, name: str) -> str:
        """Names what keeps that projection's generations and locks: the same for all who share them."""

    def projection(self, name: str) -> LiveProjection:
        """The registry's row; made with an empty generation 1 if there is none."""

    def upgrade(self, name: str) -> None:
        """Bring that projection's generations to this program's form, if older ones made them.

        `generation` does so with the one that it opens.
        """

    def generation(self, name: str, number: int, *, must_be_live: bool) -> Generation:
        """Open a generation for writing."""

    def registered(self, name: str) -> LiveProjection | None:
        """The same row, only looked at: None if there is none."""

    def look_at(self, name: str) -> Generation | None:
        """The live generation, only to be looked at: None if it is not there, for nothing is made."""

    def start_building(self, name: str, *, afresh: bool = False) -> int:
        """The generation that a replay builds: the unfinished one if there is one, else a new empty one.

        `afresh` gives up the unfinished one, for instance because it follows a log that was rewound.
        """

    def flip(self, name: str, live: int, to: int) -> None:
        """Make `to` live in place of `live`; to be called while `live` is held.

        Raises Fenced if `live` is not live, or if `to` was never opened or is gone.
        """

    def give_up_previous(self, name: str, before: int) -> None:
        """No `rollback` from now on, if what is live was made so before that time (microseconds since 1970).

        To be called while nobody replays or rolls back.
        """

    def drop_old(self, name: str) -> list[int]:
        """Remove generations that are neither live, nor previous, nor being built; which they were."""

    def scratch(self, name: str) -> Generation:
        """An empty generation outside the registry, removed by its `close` (and after a crash by the next one)."""

    def exclusively(self, name: str) -> AbstractContextManager[bool]:
        """A named lock among processes, freed by a crash; gives False at once if another holds it."""

    def report(self, name: str, *, position: int, head: int, error: str | None) -> None:
        """Leave word of how far the live follower is and what stopped it, for `status` and other processes."""

    def reported(self, name: str) -> Report | None:
        """The last word that `report` left; None if there is none."""


class OwnedControl(Control, Protocol):
    """The registry, for whoever opened it."""

    def close(self) -> None:
        """Give back what is open; the generations that it opened are closed on their own."""
