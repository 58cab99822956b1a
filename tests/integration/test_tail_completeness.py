"""Nobody who follows the log ever misses, repeats or reorders an event, whatever its writers do meanwhile.

The conformance suites of event stores do not show this: a log of AUTO_INCREMENT numbers passes them and loses events.
"""

import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eventstore.open import open_log
from projections.readmodel.store import Checkpoint
from tests.support.databases import new_database
from tests.support.history import events_of
from tests.support.logs import ENGINES, new_log_url
from tests.support.naive_log import NaiveAppends, NaiveReads, make_table
from tests.support.tail_readers import END, Seen, Sight, TailReads, differences
from tests.support.tail_writers import LogAppends
from tests.support.tailing import Run, Size, Ways, run

SHORT = Size(processes=3, threads=3, transactions=60, readers=2, patience=60)
LONG = Size(processes=4, threads=4, transactions=1000, readers=3, patience=1200)
NAIVE = Ways(NaiveAppends, NaiveReads, overlap=True)


@pytest.fixture
def seed() -> int:
    """PARLEY_TEST_SEED, or one by chance."""
    seed = int(os.environ.get("PARLEY_TEST_SEED") or random.randrange(1 << 32))
    print(f"PARLEY_TEST_SEED={seed}")  # noqa: T201 - pytest shows it with a failure
    return seed


@pytest.mark.parametrize("size", [SHORT, pytest.param(LONG, marks=pytest.mark.long)], ids=["short", "long"])
@pytest.mark.parametrize("engine", ENGINES)
def test_every_reader_sees_every_event_once_and_in_order(
    engine: str, size: Size, seed: int, tmp_path: Path
) -> None:
    with new_log_url(engine, tmp_path) as url:
        ran = run(Ways(LogAppends, TailReads, overlap=engine != "sqlite"), url, size, seed)
        with closing(open_log(url)) as log:
            events = [Seen(event.position, event.event_id) for event in events_of(log)]
            assert log.head() == len(events)

    assert [event.position for event in events] == list(range(1, len(events) + 1))
    # All that was committed, nothing that was rolled back, nothing twice.
    assert sorted(event.event_id for event in events) == sorted(ran.written.committed)
    assert ran.written.undone
    assert len(events) > size.processes * size.threads * size.transactions
    assert ran.differences(events) == []
    assert any(len(sights) > 1 for sights in ran.readers)


@pytest.fixture
def naive() -> Iterator[str]:
    with new_database("mariadb") as url:
        make_table(url)
        yield url


def committed(url: str) -> list[Seen]:
    with closing(NaiveReads(url)) as reads:
        return reads.read(Checkpoint(), 1 << 30)[0]


def test_the_same_writers_and_readers_find_out_a_naive_log(naive: str, seed: int) -> None:
    ran: Run = run(NAIVE, naive, SHORT, seed)

    events = committed(naive)
    assert sorted(event.event_id for event in events) == sorted(ran.written.committed)
    found = ran.differences(events)
    assert found
    assert all("missed []" not in difference for difference in found)


def test_what_a_naive_reader_misses(naive: str) -> None:
    """The interleaving by itself: the first to take a number is the last to commit."""
    with (
        closing(NaiveAppends(naive)) as slow,
        closing(NaiveAppends(naive)) as fast,
        closing(NaiveReads(naive)) as reads,
    ):
        slow.begin([1], [b"taken, not shown"], 0)
        fast.begin([1], [b"taken and shown."], 0)
        fast.commit()
        sight = Sight(0)
        seen, after = reads.read(Checkpoint(), 10)
        sight.seen += seen
        slow.commit()
        fast.begin([1], [END], 0)
        fast.commit()
        sight.seen += reads.read(after, 10)[0]

    assert [event.event_id for event in sight.seen] == [b"taken and shown.", END]
    assert differences(committed(naive), [sight]) == [
        "after 0: missed [1], repeated [], not in the log [], or out of order"
    ]


EVENTS = [Seen(position, bytes([position]) * 16) for position in range(1, 6)]
SEEN = {
    "missed [3], repeated [], not in the log []": [*EVENTS[:2], *EVENTS[3:]],
    "missed [], repeated [2], not in the log []": [*EVENTS[:2], *EVENTS[1:]],
    "missed [], repeated [], not in the log []": [*EVENTS[:3], EVENTS[4], EVENTS[3]],
    "missed [4], repeated [], not in the log [4]": [*EVENTS[:3], Seen(4, bytes(16)), EVENTS[4]],
    "missed [5], repeated [], not in the log []": EVENTS[:4],
}


@pytest.mark.parametrize("what", SEEN)
def test_the_checker_finds(what: str) -> None:
    assert differences(EVENTS, [Sight(0, EVENTS[:3]), Sight(2, EVENTS[2:])]) == []
    assert differences(EVENTS, [Sight(0, SEEN[what])]) == [f"after 0: {what}, or out of order"]
