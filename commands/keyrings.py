"""The keys of applications as this process knows them; a command's own transaction tells if they have moved."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Protocol
from weakref import WeakValueDictionary

from commands.admission import KeyringMoved
from commands.domain.keyring import NO_KEYS, Keyring, evolve
from eventstore import streams
from eventstore.codec import Codec
from eventstore.events import Fact
from eventstore.log import Recorded

MOST = 10_000
PAGE = 1000


class Streams(Protocol):
    """What is read of the log."""

    def read_stream(self, stream: str, after: int, limit: int) -> Sequence[Recorded]: ...


class Keyrings:
    """Those that were used last, at most `most`; for one event loop."""

    def __init__(self, log: Streams, most: int = MOST) -> None:
        self._log = log
        self._most = most
        self._known: OrderedDict[str, Keyring] = OrderedDict()
        # For as long as somebody reads, or waits for it.
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, token: str) -> Keyring:
        """The application's keys as they were last read; those of one that never had a key if they never were."""
        keyring = self._known.get(token)
        if keyring is None:
            return NO_KEYS
        self._known.move_to_end(token)
        return keyring

    async def catch_up(self, token: str, moved: KeyringMoved) -> None:
        """Read what has come since. Raises LogUnavailable."""
        # One at a time of each application: the others of a crowd then find it done.
        async with self._reading.setdefault(token, asyncio.Lock()):
            if moved.known > moved.actual:
                # An older copy of the log was restored; what was read before tells nothing.
                self._known.pop(token, None)
            keyring = self.of(token)
            if keyring.version < moved.actual:
                loop = asyncio.get_running_loop()
                self._known[token] = await loop.run_in_executor(None, self._read_on, token, keyring)
                self._known.move_to_end(token)
                while len(self._known) > self._most:
                    self._known.popitem(last=False)

    def _read_on(self, token: str, keyring: Keyring) -> Keyring:
        for fact in read_all(self._log, streams.keys(token), keyring.version):
            keyring = evolve(keyring, fact)
        return keyring


def read_all(log: Streams, stream: str, after: int = 0) -> Iterator[Fact]:
    """All facts of the stream with versions > `after`. Raises LogError."""
    codec = Codec()
    while page := log.read_stream(stream, after, PAGE):
        for event in page:
            yield codec.decode(event.topic, event.state)
        after = page[-1].version
