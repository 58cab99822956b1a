"""What a process knows of keys follows the log, and is never read twice."""

import asyncio

from commands.admission import KeyringMoved
from commands.keyrings import Keyrings
from eventstore.events import Fact, KeyAdded, KeyRevoked
from eventstore.log import Recorded
from tests.support.memory_log import MemoryLog

T = "t" * 43
FIRST = KeyAdded(token=T, at="1", id="a" * 16, scope="read", hash="5e" * 32)
SECOND = KeyAdded(token=T, at="2", id="b" * 16, scope="write", hash="5e" * 32)


class Counting:
    """The streams of a log of which it is known how often it was read."""

    def __init__(self, *facts: Fact) -> None:
        self.log = MemoryLog()
        self.log.append(*facts)
        self.reads: list[int] = []

    def read_stream(self, stream: str, after: int, limit: int) -> list[Recorded]:
        self.reads.append(after)
        return self.log.read_stream(stream, after, limit)


def test_a_crowd_reads_once() -> None:
    async def scenario() -> None:
        streams = Counting(FIRST, SECOND)
        keyrings = Keyrings(streams)
        await asyncio.gather(*[keyrings.catch_up(T, KeyringMoved(0, 2)) for _ in range(10)])
        assert [*keyrings.of(T).hashes] == [FIRST.id, SECOND.id]
        assert streams.reads == [0, 2]

    asyncio.run(scenario())


def test_it_goes_on_where_it_was() -> None:
    async def scenario() -> None:
        streams = Counting(FIRST, SECOND)
        keyrings = Keyrings(streams)
        await keyrings.catch_up(T, KeyringMoved(0, 2))
        streams.log.append(KeyRevoked(token=T, at="3", id=FIRST.id))
        await keyrings.catch_up(T, KeyringMoved(2, 3))
        assert (keyrings.of(T).version, keyrings.of(T).scopes) == (3, {SECOND.id: "write"})
        assert streams.reads[2:] == [2, 3]

    asyncio.run(scenario())


def test_what_an_older_copy_of_the_log_does_not_hold_is_forgotten() -> None:
    async def scenario() -> None:
        streams = Counting(FIRST, KeyRevoked(token=T, at="2", id=FIRST.id))
        keyrings = Keyrings(streams)
        await keyrings.catch_up(T, KeyringMoved(0, 2))
        del streams.log.events[1:]
        await keyrings.catch_up(T, KeyringMoved(2, 1))
        assert (keyrings.of(T).version, [*keyrings.of(T).hashes]) == (1, [FIRST.id])
        streams.log.events.clear()
        await keyrings.catch_up(T, KeyringMoved(1, 0))
        assert keyrings.of(T).version == 0

    asyncio.run(scenario())
