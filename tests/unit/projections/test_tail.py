"""Reading on from a checkpoint."""

import pytest

from eventstore.codec import Codec
from eventstore.errors import LogRewound
from eventstore.log import Recorded
from projections.readmodel.store import Checkpoint
from projections.tail import Tail
from tests.support.histories import busy_history
from tests.support.memory_log import MemoryLog

FACTS = busy_history(40)


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog()
    log.append(*FACTS)
    return log


def test_facts_come_with_their_positions_and_the_checkpoint_behind_them(log: MemoryLog) -> None:
    stretch = Tail(log).read(Checkpoint(), 10)

    assert stretch.facts == list(enumerate(FACTS[:10], 1))
    assert stretch.after == Checkpoint(log.log_id, 10, log.events[9].event_id)
    assert stretch.head == len(FACTS)
    assert not stretch.complete


def test_reading_goes_on_behind_the_checkpoint(log: MemoryLog) -> None:
    tail = Tail(log)
    first = tail.read(Checkpoint(), 10)

    rest = tail.read(first.after, 1000)

    assert [fact for _, fact in rest.facts] == FACTS[10:]
    assert rest.complete
    assert tail.read(rest.after, 10) == rest._replace(facts=[], first_at=0, last_at=0)


def test_a_hole_ends_the_stretch(log: MemoryLog) -> None:
    log.hidden = {5}

    stretch = Tail(log).read(Checkpoint(), 100)

    assert [position for position, _ in stretch.facts] == [1, 2, 3, 4]
    assert stretch.hole


def test_a_hole_right_behind_the_checkpoint_gives_nothing(log: MemoryLog) -> None:
    tail = Tail(log)
    four = tail.read(Checkpoint(), 4).after
    log.hidden = {5}

    stretch = tail.read(four, 100)

    assert (stretch.facts, stretch.after, stretch.hole) == ([], four, True)


@pytest.mark.parametrize("most", [1, 1000])
def test_large_facts_come_few_at_a_time_and_leave_no_hole(log: MemoryLog, most: int) -> None:
    log.most = most
    tail, stretch, facts = Tail(log), Tail(log).read(Checkpoint(), 0), []

    while not stretch.complete:
        stretch = tail.read(stretch.after, 100)
        assert stretch.facts
        assert not stretch.hole
        facts += [fact for _, fact in stretch.facts]

    assert facts == FACTS


def test_a_hole_behind_large_facts_is_one(log: MemoryLog) -> None:
    log.most, log.hidden = 1, {2}
    tail = Tail(log)
    one = tail.read(Checkpoint(), 100)

    assert (one.after.position, one.hole) == (1, False)
    assert tail.read(one.after, 100).hole


def test_what_comes_before_an_undecodable_fact_is_given(log: MemoryLog) -> None:
    log.events[6] = log.events[6]._replace(topic="Unheard.3")

    stretch = Tail(log).read(Checkpoint(), 100)

    assert stretch.after.position == 6
    message = str(stretch.undecodable)
    assert message.startswith(f"position 7, stream {log.events[6].stream}: Unheard.3: ")


def test_another_log_is_noticed(log: MemoryLog) -> None:
    checkpoint = Tail(log).read(Checkpoint(), 4).after

    with pytest.raises(LogRewound, match="elsewhere"):
        Tail(log).read(checkpoint._replace(log_id="elsewhere"), 10)


def test_a_checkpoint_past_the_head_is_noticed(log: MemoryLog) -> None:
    checkpoint = Tail(log).read(Checkpoint(), 1000).after
    del log.events[-1]

    with pytest.raises(LogRewound, match=f"the log ends at {len(FACTS) - 1}"):
        Tail(log).read(checkpoint, 10)


def test_another_event_at_the_checkpoint_is_noticed(log: MemoryLog) -> None:
    checkpoint = Tail(log).read(Checkpoint(), 4).after
    log.events[3] = log.events[3]._replace(event_id=b"somebody else's ")

    with pytest.raises(LogRewound, match="another event"):
        Tail(log).read(checkpoint, 10)
    assert not Tail(log).continues(checkpoint)


def test_a_checkpoint_at_zero_goes_with_any_log(log: MemoryLog) -> None:
    assert Tail(log).continues(Checkpoint("elsewhere"))


def test_an_event_is_decoded_as_it_was_recorded() -> None:
    log = MemoryLog()
    topic, state = Codec().encode(FACTS[0])
    log.events.append(Recorded(1, FACTS[0].stream, 1, b"i", topic, state, 12))

    stretch = Tail(log).read(Checkpoint(), 10)

    assert (stretch.facts, stretch.first_at, stretch.last_at) == ([(1, FACTS[0])], 12, 12)


def test_an_undecodable_fact_right_behind_the_checkpoint_gives_nothing(log: MemoryLog) -> None:
    tail = Tail(log)
    four = tail.read(Checkpoint(), 4).after
    log.events[4] = log.events[4]._replace(topic="Unheard.3", recorded_at=12)

    stretch = tail.read(four, 100)

    assert (stretch.facts, stretch.after, stretch.last_at) == ([], four, 12)
    assert stretch.undecodable is not None
