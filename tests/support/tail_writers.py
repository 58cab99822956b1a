"""Writers that pause between the locks and COMMIT, and that roll back now and then."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from eventstore import streams
from eventstore.codec import Codec
from eventstore.errors import LogConflict, LogContended, LogUnavailable
from eventstore.events import MessageCreated
from eventstore.log import Footprint, StreamState, Writes
from eventstore.open import open_log
from eventstore.view import View
from tests.support.facts import NOTHING, at

CHATS = range(1, 9)
MOST_EVENTS = 20
ROLLED_BACK = 0.15
PAUSE = 0.008
LONG_PAUSE = 0.1
REFUSED = (LogConflict, LogContended, LogUnavailable)
"""After these nothing has been written."""


class Appends(Protocol):
    """One writer's own connection."""

    def begin(self, chats: Sequence[int], ids: Sequence[bytes], padding: int) -> None:
        """Open a transaction that is to append an event for each id, in turn to these chats. Raises REFUSED."""

    def commit(self) -> None:
        """Raises REFUSED."""

    def rollback(self) -> None: ...

    def close(self) -> None: ...


OpenAppends = Callable[[str], Appends]
"""Opens what the URL names."""


class LogAppends:
    """Appends to a log through its port; the body of each message begins with the event's id."""

    def __init__(self, url: str) -> None:
        self._log = open_log(url)
        self._writer = self._log.writer()
        self._writes = Writes(0)

    def begin(self, chats: Sequence[int], ids: Sequence[bytes], padding: int) -> None:
        names = frozenset(streams.messages("token", chat) for chat in chats)
        loaded = self._writer.load(Footprint(names, NOTHING, NOTHING, frozenset(), frozenset()))
        view = View(loaded, Codec())
        for place, event_id in enumerate(ids):
            chat = chats[place % len(chats)]
            row = view.stream(streams.messages("token", chat)) or StreamState()
            body = event_id.hex() + "x" * padding
            message = MessageCreated(
                token="token", at=at(place), chat=chat, number=row.version + 1, body=body, sender=None
            )
            view.append([message], [event_id])
        self._writes = Writes(7, view.events, view.touched)

    def commit(self) -> None:
        self._writer.commit(self._writes)

    def rollback(self) -> None:
        self._writer.rollback()

    def close(self) -> None:
        self._writer.close()
        self._log.close()


@dataclass(slots=True)
class Written:
    """The ids of the events that were committed, and of those that must have left no trace."""

    committed: list[bytes] = field(default_factory=list)
    undone: list[bytes] = field(default_factory=list)

    def add(self, other: "Written") -> None:
        self.committed += other.committed
        self.undone += other.undone


def write(opened: OpenAppends, url: str, seed: str, transactions: int) -> Written:
    """One writer: so many transactions, of 1 to 20 events in 1 to 3 of the chats."""
    dice = random.Random(seed)
    written = Written()
    appends = opened(url)
    try:
        for _ in range(transactions):
            ids = [dice.randbytes(16) for _ in range(dice.randint(1, MOST_EVENTS))]
            try:
                appends.begin(dice.sample(CHATS, dice.randint(1, 3)), ids, dice.choice((0, 10, 1000)))
                time.sleep(dice.uniform(0, LONG_PAUSE if dice.random() < 0.02 else PAUSE))
                if dice.random() < ROLLED_BACK:
                    appends.rollback()
                    written.undone += ids
                else:
                    appends.commit()
                    written.committed += ids
            except REFUSED:
                written.undone += ids
            time.sleep(dice.uniform(0, PAUSE))
    finally:
        appends.close()
    return written


def write_in_threads(opened: OpenAppends, url: str, seed: str, threads: int, transactions: int) -> Written:
    """So many writers, each on a thread of this process."""
    written = Written()
    with ThreadPoolExecutor(threads) as pool:
        for one in [
            pool.submit(write, opened, url, f"{seed}/{thread}", transactions) for thread in range(threads)
        ]:
            written.add(one.result())
    return written
