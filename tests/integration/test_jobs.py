"""The periodic jobs on real files and servers."""

from contextlib import closing
from functools import partial

import pytest

from eventstore.clock import system_clock
from eventstore.events import ApplicationDeleted
from eventstore.log import CommandKey, Footprint, NewRecord, Writes
from projections import jobs
from projections.errors import NothingToRollBackTo
from projections.jobs import KEYS_KEPT, PREVIOUS_KEPT, drop_old, expire_keys, purge, recount
from projections.readmodel.errors import Fenced, ReadModelUnavailable
from projections.readmodel.registry import Registry
from projections.readmodel.store import LiveProjection
from projections.replay import replay, rollback
from tests.support.facts import append, append_each, at
from tests.support.folder import FOLDERS, NAMES, Folder
from tests.support.histories import busy_history
from tests.support.tampering import Tampering

FACTS = busy_history(400)
NOTHING: frozenset[str] = frozenset()


def go_on() -> bool:
    return False


@pytest.fixture
def followed(folder: Folder) -> Folder:
    append_each(folder.log, FACTS)
    folder.follow()
    return folder


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_drift_is_found_and_put_right(followed: Folder) -> None:
    assert (
        Tampering(followed).execute("UPDATE #chats SET messages_count = messages_count + 3 WHERE A_CHAT") == 1
    )

    [(name, drift)] = recount(followed.control, NAMES, repair=False)
    assert (name, drift.kept - drift.counted) == ("tables", 3)
    assert recount(followed.control, NAMES, repair=True) == [(name, drift)]

    assert recount(followed.control, NAMES, repair=True) == []
    assert followed.findings() == []


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_what_is_below_deleted_owners_is_removed(followed: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 3)
    _, before = followed.rows("tables")
    tokens = {key.removeprefix("application ") for key in before if key.startswith("application ")}
    append(followed.log, *(ApplicationDeleted(token=token, at=at(0)) for token in sorted(tokens)))
    followed.follow()

    removed = purge(followed.control, NAMES, go_on)

    assert removed > 0
    assert Tampering(followed).count("messages") == 0
    assert purge(followed.control, NAMES, go_on) == 0
    assert followed.findings() == []


def test_a_purge_that_is_told_to_stop_goes_on_the_next_time(
    followed: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 1)
    append(followed.log, ApplicationDeleted(token="token2", at=at(0)))
    followed.follow("tables")

    first = purge(followed.control, ["tables"], lambda: True)
    rest = purge(followed.control, ["tables"], go_on)

    assert (first, rest > 0) == (1, True)


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_keys_older_than_a_day_are_forgotten(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 2)
    now = system_clock()
    with closing(folder.log.writer()) as writer:
        for age, number in ((KEYS_KEPT + 1_000_000, 5), (KEYS_KEPT - 60_000_000, 3)):
            writer.load(Footprint(NOTHING, NOTHING, NOTHING, frozenset(), frozenset()))
            records = [NewRecord(CommandKey("scope", f"{age}-{n}", b"f"), 0, b"{}") for n in range(number)]
            writer.commit(Writes(now - age, records=records))

    assert expire_keys(folder.log, lambda: now, go_on) == 5

    assert expire_keys(folder.log, lambda: now, go_on) == 0
    assert expire_keys(folder.log, lambda: now + 2 * KEYS_KEPT, partial(bool, 1)) == 2


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_generations_that_nobody_can_come_back_to_are_removed(followed: Folder) -> None:
    for _ in range(3):
        replay(followed.control, followed.tail, "tables")

    assert drop_old(followed.control, NAMES) == [("tables", 1), ("tables", 2)]

    assert Tampering(followed).generations() == [3, 4]
    assert followed.findings() == []


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_a_week_after_a_swap_the_generation_before_goes_too(followed: Folder) -> None:
    replay(followed.control, followed.tail, "tables")

    def in_a_week() -> int:
        return system_clock() + PREVIOUS_KEPT

    with followed.control.exclusively("replay-tables"):
        assert drop_old(followed.control, NAMES, in_a_week) == []
    assert drop_old(followed.control, NAMES, lambda: system_clock() + PREVIOUS_KEPT - 3600_000_000) == []
    assert drop_old(followed.control, NAMES, in_a_week) == [("tables", 1)]

    with pytest.raises(NothingToRollBackTo):
        rollback(followed.control, followed.tail, "tables")
    assert Tampering(followed).generations() == [2]
    assert followed.findings() == []


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_a_generation_that_a_replay_begins_meanwhile_is_not_dropped(
    followed: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replay begins in the moment between the job's two looks."""
    replay(followed.control, followed.tail, "tables")
    look = Registry.projection
    began: list[int] = []

    def begins(control: Registry, name: str) -> LiveProjection:
        monkeypatch.undo()
        found = look(control, name)
        with followed.again() as other:
            began.append(other.control.start_building(name))
            other.control.generation(name, began[0], must_be_live=False).close()
        return found

    monkeypatch.setattr(Registry, "projection", begins)

    assert drop_old(followed.control, ["tables"]) == []

    assert began[0] in Tampering(followed).generations()


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_a_live_generation_whose_rows_are_lost_is_folded_again(
    followed: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    _, before = followed.rows("tables")
    followed.control.report("tables", position=len(FACTS), head=len(FACTS), error=None)
    Tampering(followed).lose()

    followed.follow("tables")

    assert followed.rows("tables")[1] == before
    assert any("is gone: it is folded again" in line for line in caplog.messages)


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_a_replay_whose_rows_are_lost_makes_nothing_live(followed: Folder) -> None:
    def lose(*_: object) -> None:
        Tampering(followed, 2).lose()

    with pytest.raises((Fenced, ReadModelUnavailable)):
        replay(followed.control, followed.tail, "tables", on_progress=lose)

    assert followed.control.projection("tables").live == 1
    assert followed.findings() == []
