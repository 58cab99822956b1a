"""Followers on real files."""

import shutil
import signal

import pytest

from eventstore.clock import system_clock
from eventstore.log import Footprint, NewEvent, StreamState, Writes
from projections import follower as follower_module
from projections.replay import replay
from tests.support.facts import append, append_each
from tests.support.folder import FOLDERS, FOLDERS_AND_NAMES, NAMES, Folder, data_folder
from tests.support.histories import busy_history
from tests.support.waiting import until

FACTS = busy_history(400)
MORE = busy_history(100, prefix="other")


@pytest.mark.parametrize(("folder", "name"), FOLDERS_AND_NAMES, indirect=["folder"])
def test_a_follower_keeps_up(folder: Folder, name: str) -> None:
    with folder.following(name) as follower:
        for start in range(0, len(FACTS), 7):
            position = append(folder.log, *FACTS[start : start + 7])
            folder.bus.publish(position, [])
        until(lambda: follower.state.position == folder.log.head())

    assert folder.findings(name) == []


@pytest.mark.parametrize(("folder", "name"), FOLDERS_AND_NAMES, indirect=["folder"])
@pytest.mark.parametrize("crashpoint", ["follow-before-apply", "follow-after-apply"])
def test_f03_a_killed_follower_goes_on_where_it_was(folder: Folder, name: str, crashpoint: str) -> None:
    append_each(folder.log, FACTS)
    killed = folder.run("follow", name, crashpoint=crashpoint)
    assert killed.returncode == -signal.SIGKILL

    append_each(folder.log, MORE)
    finished = folder.run("follow", name)

    assert finished.returncode == 0, finished.stderr
    assert folder.findings(name) == []


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_f30_of_two_processes_one_works(folder: Folder) -> None:
    append_each(folder.log, FACTS)
    with folder.again() as other, folder.following("tables") as first:
        until(lambda: first.state.position == folder.log.head())
        with other.following("tables") as second:
            until(lambda: second.state.head == folder.log.head())
            assert (first.state.leading, second.state.leading) == (True, False)

            first.stop()
            append_each(folder.log, MORE)
            until(lambda: second.state.leading and second.state.position == folder.log.head())

    assert folder.findings("tables") == []


@pytest.mark.parametrize("name", NAMES)
def test_f19b_a_rewound_log_stops_its_followers_until_a_replay(folder: Folder, name: str) -> None:
    append_each(folder.log, FACTS)
    folder.follow(name)
    shutil.copytree(folder.path, folder.path.with_name("backup"))
    append_each(folder.log, MORE)
    folder.follow(name)
    restored = folder.path.with_name("restored")
    shutil.copytree(folder.path, restored)
    for left in restored.glob("log.db*"):
        left.unlink()
    for kept in folder.path.with_name("backup").glob("log.db*"):
        shutil.copy(kept, restored)

    with data_folder(restored) as after:
        append(after.log, *busy_history(3, prefix="new"))
        with after.following(name) as follower:
            until(lambda: follower.state.error is not None)
            assert f"run `parley replay {name}`" in str(follower.state.error)
            until(lambda: error_of(after, name) == follower.state.error)

            replay(after.control, after.tail, name)

            until(lambda: follower.state.error is None and follower.state.position == after.log.head())
        assert after.findings(name) == []


def error_of(folder: Folder, name: str) -> str | None:
    """What other processes are told."""
    word = folder.control.reported(name)
    return word.error if word else None


def append_unheard(folder: Folder) -> int:
    """Append an event that a newer program might have written."""
    writer = folder.log.writer()
    nothing: frozenset[str] = frozenset()
    writer.load(Footprint(frozenset({"application/x"}), nothing, nothing, frozenset(), frozenset()))
    event = NewEvent("application/x", 1, bytes(16), "Unheard.3", b"{}")
    position = writer.commit(Writes(system_clock(), [event], {"application/x": StreamState(1)}))
    writer.close()
    return position


@pytest.mark.parametrize(("folder", "name"), FOLDERS_AND_NAMES, indirect=["folder"])
def test_f32_a_fact_of_a_newer_program_stops_its_projection(
    folder: Folder, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "SLOW_RETRY", 0.01)
    append_each(folder.log, FACTS)
    position = append_unheard(folder)
    append_each(folder.log, MORE)

    with folder.following(name) as follower:
        until(lambda: follower.state.error is not None)
        assert f"position {position}, stream application/x: Unheard.3" in str(follower.state.error)
        checkpoint, _ = folder.rows(name)
        assert checkpoint.position == position - 1
        assert follower.state.lag_events == len(MORE) + 1
