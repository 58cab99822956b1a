"""Rebuilt equals live, whatever happens meanwhile."""

import asyncio
import signal
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from eventstore.errors import UndecodableFact
from eventstore.events import ApplicationCreated, ChatCreated, Fact, MessageCreated
from projections.errors import AlreadyRunning, NothingToRollBackTo
from projections.follower import Follower
from projections.readmodel.open import open_tables
from projections.readmodel.views import Page, TablesView
from projections.replay import replay, rollback
from tests.integration.test_follower import append_unheard
from tests.support.facts import append, append_each, at
from tests.support.folder import FOLDERS, FOLDERS_AND_NAMES, NAMES, Folder, data_folder
from tests.support.histories import busy_history, histories
from tests.support.waiting import until

FACTS = busy_history(400)
MORE = busy_history(100, prefix="other")
OPENING = (
    ApplicationCreated(token="t", at=at(0), name="Desk"),
    ChatCreated(token="t", at=at(0), number=1, title=None),
)
KILLED = -signal.SIGKILL


@pytest.mark.parametrize("name", NAMES)
@given(history=histories)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_replay_equals_follow(name: str, history: list[Fact]) -> None:
    with tempfile.TemporaryDirectory() as path, data_folder(Path(path)) as folder:
        with folder.following(name) as follower:
            for fact in history:
                folder.bus.publish(append(folder.log, fact), [])
            until(lambda: follower.state.position == len(history))
        followed = folder.rows(name)

        swapped = replay(folder.control, folder.tail, name, batch=7)

        assert folder.rows(name) == followed
        assert (swapped.generation, swapped.position) == (2, len(history))


def page(view: TablesView) -> tuple[int, int]:
    """(position, number of the newest message) as one reader sees them."""
    rows = view.messages("t", 1, Page(limit=1, descending=True))
    return view.position, rows[0][0] if rows else 0


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_f31_no_reader_goes_back_while_a_writer_writes(folder: Folder) -> None:
    append(folder.log, *OPENING)
    done = threading.Event()
    seen = [(0, 0)]

    def write(follower: Follower) -> None:
        number = 0
        while not done.is_set():
            facts = [_message(number + n) for n in range(1, 21)]
            number += len(facts)
            folder.bus.publish(append(folder.log, *facts), [])
            # As fast as the follower, or the log would outgrow the test.
            until(lambda: follower.state.position > folder.log.head() - 200)

    def swap() -> int:
        """Replays until the reader has met enough states; how many it took."""
        swaps = 0
        while swaps < 4 or len(set(seen)) <= 10:
            replay(folder.control, folder.tail, "tables", batch=100)
            swaps += 1
        return swaps

    with folder.following("tables") as follower, ThreadPoolExecutor() as threads:
        until(lambda: follower.state.position == 2)
        writing = threads.submit(write, follower)
        swapping = threads.submit(swap)
        swapping.add_done_callback(lambda _: done.set())
        asyncio.run(_watch(folder, done, seen))
        live = 1 + swapping.result()
        writing.result()
        until(lambda: follower.state.position == folder.log.head() and follower.state.generation == live)

    assert seen == sorted(seen)
    # Two events came before the first message: what a reader sees belongs together.
    assert {position - number for position, number in seen if number} == {2}
    assert folder.findings("tables") == []


def _message(number: int) -> MessageCreated:
    return MessageCreated(
        token="t", at=at(number), chat=1, number=number, body=f"hello {number}", sender=None
    )


async def _watch(folder: Folder, until_set: threading.Event, seen: list[tuple[int, int]]) -> None:
    """Adds what one reader sees, again and again; each read asks for what the last one has shown."""
    with closing(open_tables(folder.read_url)) as reads:
        while not until_set.is_set():
            seen.append(await reads.read(page, min_position=seen[-1][0]))


POINTS = ["replay-batch:1", "replay-batch:4", "replay-batch:8", "replay-finished", "swap-before-flip"]


@pytest.mark.parametrize(("folder", "name"), FOLDERS_AND_NAMES, indirect=["folder"])
@pytest.mark.parametrize("crashpoint", [*POINTS, "swap-after-flip"])
def test_f04_a_killed_replay_leaves_one_live_generation(folder: Folder, name: str, crashpoint: str) -> None:
    append_each(folder.log, FACTS)
    folder.follow(name)
    before = folder.rows(name)

    killed = folder.run("replay", name, "--batch", "25", crashpoint=crashpoint)

    assert killed.returncode == KILLED
    assert folder.rows(name) == before
    append_each(folder.log, MORE)
    folder.follow(name)
    assert folder.findings(name) == []

    finished = folder.run("replay", name, "--batch", "25")

    assert finished.returncode == 0, finished.stderr
    flipped = crashpoint == "swap-after-flip"
    assert ("resumed at" in finished.stdout) is not flipped
    assert folder.control.projection(name).live == (3 if flipped else 2)
    assert folder.findings(name) == []


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_a_second_replay_is_refused(folder: Folder) -> None:
    append_each(folder.log, FACTS)

    with folder.control.exclusively("replay-tables"):
        refused = folder.run("replay", "tables")
        with pytest.raises(AlreadyRunning, match="tables"):
            replay(folder.control, folder.tail, "tables")

    assert refused.returncode == 1
    assert "another process is replaying tables" in refused.stderr
    assert folder.control.projection("tables").live == 1


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_a_replay_goes_beyond_a_follower_that_stands_still(folder: Folder) -> None:
    append_each(folder.log, FACTS)

    swapped = replay(folder.control, folder.tail, "tables")

    assert swapped.position == len(FACTS)
    assert folder.findings("tables") == []


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_an_undecodable_fact_ends_a_replay_and_leaves_what_is_live(folder: Folder) -> None:
    append_each(folder.log, FACTS)
    folder.follow("tables")
    position = append_unheard(folder)

    with pytest.raises(UndecodableFact, match=f"position {position}, stream application/x"):
        replay(folder.control, folder.tail, "tables")

    assert folder.control.projection("tables").live == 1


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_afresh_starts_from_the_first_fact(folder: Folder) -> None:
    append_each(folder.log, FACTS)
    folder.run("replay", "tables", "--batch", "25", crashpoint="replay-finished")

    swapped = replay(folder.control, folder.tail, "tables", afresh=True)

    assert swapped.resumed_at == 0
    assert folder.findings("tables") == []


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_progress_names_how_far_it_is_and_where_it_ends(folder: Folder) -> None:
    append_each(folder.log, FACTS)
    told: list[tuple[int, int]] = []

    replay(
        folder.control, folder.tail, "tables", batch=100, on_progress=lambda *progress: told.append(progress)
    )

    end = len(FACTS)
    assert told == [*((position, end) for position in range(100, end, 100)), (end, end)]


@pytest.mark.parametrize(("folder", "name"), FOLDERS_AND_NAMES, indirect=["folder"])
def test_rollback_leads_back_and_loses_nothing(folder: Folder, name: str) -> None:
    append_each(folder.log, FACTS)
    folder.follow(name)
    replay(folder.control, folder.tail, name)
    append_each(folder.log, MORE)
    folder.follow(name)

    swapped = rollback(folder.control, folder.tail, name)

    assert (swapped.generation, swapped.position) == (1, folder.log.head())
    assert folder.control.projection(name).previous == 2
    assert folder.findings(name) == []


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_without_an_earlier_generation_there_is_no_rollback(folder: Folder) -> None:
    with pytest.raises(NothingToRollBackTo, match="tables has no earlier generation"):
        rollback(folder.control, folder.tail, "tables")
