"""The ports of writing over plain dictionaries: what followers and replays need, without an engine."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import msgspec

from projections.readmodel.changes import (
    Change,
    DropApplication,
    DropChat,
    DropKey,
    DropMessage,
    PutApplication,
    PutChat,
    PutKey,
    PutMessage,
)
from projections.readmodel.errors import Fenced
from projections.readmodel.store import Checkpoint, Drift, Generation, LiveProjection, Pause, Report, go_on


class MemoryGeneration:
    """Rows by key. `failure` is raised by the next `apply`, then forgotten."""

    def __init__(self, control: "MemoryControl", name: str, number: int) -> None:
        self.number = number
        self._control = control
        self._name = name
        self._checkpoint = Checkpoint()
        self._lock = threading.RLock()
        self.must_be_live = False
        self.contents: dict[tuple[str, int, int], Change] = {}
        self.finished = 0
        self.applied: list[int] = []
        self.failure: Exception | None = None
        self.drifts: list[Drift] = []
        self.purgeable = 0
        self.refused: list[str] = []

    def checkpoint(self) -> Checkpoint:
        return self._checkpoint

    def apply(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> None:
        with self._lock:
            if self.failure is not None:
                failure, self.failure = self.failure, None
                raise failure
            live = self._control.projection(self._name).live
            if before != self._checkpoint or (self.must_be_live and live != self.number):
                raise Fenced(f"generation {self.number}")
            for change in changes:
                self._make(change)
            self._checkpoint = after
            self.applied.append(after.position)

    def begin(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> Callable[[], None]:
        return partial(self.apply, changes, before, after)

    def _make(self, change: Change) -> None:
        match change:
            case PutApplication(token=token):
                self.contents[token, 0, 0] = change
            case PutKey(token=token, id=identity):
                self.contents[token, -1, int(identity, 16)] = change
            case DropKey(token=token, id=identity):
                self.contents.pop((token, -1, int(identity, 16)), None)
            case PutChat(token=token, number=number):
                self.contents[token, number, 0] = change
            case PutMessage(token=token, chat=chat, number=number):
                self.contents[token, chat, number] = change
            case DropMessage(token=token, chat=chat, number=number):
                self.contents.pop((token, chat, number), None)
            case DropChat(token=token, number=chat):
                self._drop(lambda key: key[:2] == (token, chat))
            case DropApplication(token=token):
                self._drop(lambda key: key[0] == token)

    def _drop(self, is_gone: Callable[[tuple[str, int, int]], bool]) -> None:
        for key in [key for key in self.contents if is_gone(key)]:
            del self.contents[key]

    def finish(self) -> None:
        self.finished += 1

    @contextmanager
    def hold(self) -> Iterator[None]:
        with self._lock:
            yield

    def purge(self, limit: int) -> int:
        removed = min(limit, self.purgeable)
        self.purgeable -= removed
        return removed

    def recount(self, repair: bool, pause: Pause = go_on) -> list[Drift]:  # noqa: ARG002 - it takes no time
        found = list(self.drifts)
        if repair:
            self.drifts.clear()
        return found

    @contextmanager
    def rows(self) -> Iterator[tuple[Checkpoint, Iterator[tuple[str, bytes]]]]:
        with self._lock:
            found = [(f"{key[0]}/{key[1]:08}/{key[2]:08}", _json(row)) for key, row in self.contents.items()]
            checkpoint = self._checkpoint
        yield checkpoint, iter(sorted(found))

    def check(self) -> list[str]:
        return []

    def parked(self) -> list[str]:
        return list(self.refused)

    def close(self) -> None:
        pass


def _json(change: Change) -> bytes:
    return json.dumps(msgspec.to_builtins(change), sort_keys=True).encode()


class MemoryControl:
    """A registry of one process. `opened` holds every generation that was made, by (name, number)."""

    secret = bytes(32)

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._held: set[str] = set()
        self._rows: dict[str, LiveProjection] = {}
        self._made: dict[str, int] = {}
        self._reports: dict[str, Report] = {}
        self.opened: dict[tuple[str, int], MemoryGeneration] = {}
        self.reports = 0

    def store(self, name: str) -> str:  # noqa: ARG002 - there is one
        return f"memory {id(self)}"

    def projection(self, name: str) -> LiveProjection:
        with self._lock:
            if name not in self._rows:
                self._rows[name] = LiveProjection(name, self._make(name), None, None)
            return self._rows[name]

    def upgrade(self, name: str) -> None:
        pass

    def generation(self, name: str, number: int, *, must_be_live: bool) -> Generation:
        generation = self.opened[name, number]
        generation.must_be_live = must_be_live
        return generation

    def registered(self, name: str) -> LiveProjection | None:
        with self._lock:
            return self._rows.get(name)

    def look_at(self, name: str) -> Generation | None:
        found = self.registered(name)
        return self.opened.get((name, found.live)) if found else None

    def live(self, name: str) -> MemoryGeneration:
        """The live generation, for a test to look into."""
        return self.opened[name, self.projection(name).live]

    def start_building(self, name: str, *, afresh: bool = False) -> int:
        with self._lock:
            row = self.projection(name)
            building = row.building
            if building is None or afresh:
                building = self._make(name)
                self._rows[name] = row._replace(building=building)
            return building

    def flip(self, name: str, live: int, to: int) -> None:
        with self._lock:
            row = self.projection(name)
            if row.live != live:
                raise Fenced(name)
            building = None if row.building == to else row.building
            self._rows[name] = LiveProjection(name, to, live, building)

    def give_up_previous(self, name: str, before: int) -> None:
        """Nothing here is old."""

    def drop_old(self, name: str) -> list[int]:
        with self._lock:
            kept = self.projection(name)[1:]
            old = [number for named, number in self.opened if named == name and number not in kept]
            for number in old:
                del self.opened[name, number]
            return old

    def scratch(self, name: str) -> Generation:
        return MemoryGeneration(self, name, 0)

    @contextmanager
    def exclusively(self, name: str) -> Iterator[bool]:
        with self._lock:
            free = name not in self._held
            if free:
                self._held.add(name)
        try:
            yield free
        finally:
            if free:
                with self._lock:
                    self._held.discard(name)

    def report(self, name: str, *, position: int, head: int, error: str | None) -> None:
        self.reports += 1
        self._reports[name] = Report(position, head, error, 0)

    def reported(self, name: str) -> Report | None:
        return self._reports.get(name)

    def _make(self, name: str) -> int:
        number = self._made[name] = self._made.get(name, 0) + 1
        self.opened[name, number] = MemoryGeneration(self, name, number)
        return number
