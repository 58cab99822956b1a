"""The outbox forgets rather than grows."""

from eventstore.bus_messages import Batch
from eventstore.log import NewEvent
from eventstore.outbox import Outbox


def batch(first: int, size: int = 0) -> Batch:
    return Batch(first, [NewEvent("s", first, bytes(16), "Fact.1", b"x" * size)], 1)


def test_what_was_put_first_is_taken_first() -> None:
    outbox = Outbox()
    for first in range(1, 6):
        outbox.put(batch(first))
    assert [taken.first for taken in outbox.take(3, 1 << 20)] == [1, 2, 3]
    assert [taken.first for taken in outbox.take(9, 1 << 20)] == [4, 5]
    assert outbox.take(9, 1 << 20) == []


def test_the_oldest_go_when_there_are_too_many() -> None:
    outbox = Outbox(most_batches=3)
    for first in range(1, 6):
        outbox.put(batch(first))
    assert (len(outbox), outbox.dropped) == (3, 2)
    assert [taken.first for taken in outbox.take(9, 1 << 20)] == [3, 4, 5]


def test_the_oldest_go_when_they_are_too_large() -> None:
    outbox = Outbox(most_bytes=batch(1, 1000).size * 2)
    for first in range(1, 5):
        outbox.put(batch(first, 1000))
    assert (len(outbox), outbox.dropped) == (2, 2)
    outbox.put(batch(5, 9000))
    assert (len(outbox), outbox.dropped) == (0, 5)
    outbox.put(batch(6, 1000))
    assert [taken.first for taken in outbox.take(9, 1 << 20)] == [6]


def test_one_that_is_large_is_taken_alone() -> None:
    outbox = Outbox()
    for first in range(1, 4):
        outbox.put(batch(first, 5000))
    assert [taken.first for taken in outbox.take(9, 100)] == [1]


def test_a_wait_ends_when_there_is_something_or_by_a_nudge() -> None:
    outbox = Outbox()
    outbox.put(batch(1))
    outbox.wait(3600)
    outbox.nudge()
    outbox.wait(3600)
