"""The contract of the registry of generations, for every engine: one is live, and nothing is committed elsewhere."""

import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from eventstore.clock import system_clock
from projections.readmodel.changes import Change, PutApplication, PutChat, PutMessage
from projections.readmodel.errors import Fenced, ReadModelUnavailable
from projections.readmodel.open import open_control
from projections.readmodel.store import Checkpoint, LiveProjection
from projections.readmodel.views import Page
from tests.support.read_engines import CONTROL_PARAMS, ENGINES, ReadEngine, checkpoint, follow, listed

NAMES = ("tables", "search")
AT = "2026-01-01T00:00:00.000000Z"

ONE_ROW: dict[str, Change] = {
    "tables": PutApplication("a", "Desk", AT, AT),
    "search": PutMessage("a", 1, 1, 1, "x", None, AT, AT, 1),
}
ANOTHER_ROW: dict[str, Change] = {
    "tables": PutApplication("b", "Desk", AT, AT),
    "search": PutMessage("a", 1, 2, 1, "x", None, AT, AT, 2),
}


@pytest.fixture(params=CONTROL_PARAMS)
def engine(request: pytest.FixtureRequest) -> Iterator[ReadEngine]:
    with ENGINES[request.param]() as engine:
        yield engine


@pytest.fixture(params=["tables", "search"])
def name(request: pytest.FixtureRequest) -> str:
    projection: str = request.param
    return projection


@pytest.fixture
def one_row(name: str) -> Change:
    return ONE_ROW[name]


def test_it_begins_with_an_empty_generation(engine: ReadEngine) -> None:
    for name in ("tables", "search"):
        assert engine.control.projection(name) == LiveProjection(name, 1, None, None)
        assert engine.live(name).checkpoint() == Checkpoint()
        assert engine.live(name).number == 1
        assert listed(engine.live(name)) == []


def test_a_look_makes_nothing(engine: ReadEngine, name: str, one_row: Change) -> None:
    control = engine.control
    for _ in range(2):
        assert control.registered(name) is None
        assert control.look_at(name) is None
    follow(engine.live(name), [one_row])
    assert control.registered(name) == control.projection(name)
    control.start_building(name)
    for live in (1, 2):
        seen = control.look_at(name)
        assert seen is not None
        with closing(seen):
            assert (seen.number, seen.parked()) == (live, [])
            assert seen.checkpoint() == (checkpoint(1) if live == 1 else Checkpoint())
        control.generation(name, 2, must_be_live=False).close()
        control.flip(name, live, 3 - live)


def test_the_secret_stays(engine: ReadEngine) -> None:
    with closing(engine.another_control()) as other:
        assert len(engine.control.secret) == 32
        assert other.secret == engine.control.secret


def test_a_build_is_resumed_until_it_is_flipped_to(engine: ReadEngine, name: str, one_row: Change) -> None:
    control = engine.control
    assert control.start_building(name) == 2
    with closing(control.generation(name, 2, must_be_live=False)) as building:
        follow(building, [one_row])
    assert control.start_building(name) == 2
    assert engine.open(name, 2, must_be_live=False).checkpoint() == checkpoint(1)
    control.flip(name, 1, 2)
    assert control.projection(name) == LiveProjection(name, 2, 1, None)
    assert control.start_building(name) == 3
    assert control.projection("tables" if name == "search" else "search").live == 1


def test_afresh_gives_up_what_was_built(engine: ReadEngine, name: str, one_row: Change) -> None:
    assert engine.control.start_building(name) == 2
    follow(engine.open(name, 2, must_be_live=False), [one_row])
    assert engine.control.start_building(name, afresh=True) == 3
    assert engine.open(name, 3, must_be_live=False).checkpoint() == Checkpoint()
    with pytest.raises(Fenced):
        engine.control.generation(name, 2, must_be_live=False)


def test_only_the_live_one_can_be_flipped_from(engine: ReadEngine, name: str) -> None:
    control = engine.control
    building = control.start_building(name)
    with pytest.raises(Fenced):
        control.flip(name, 1, building)
    for number in (1, building):
        control.generation(name, number, must_be_live=False).close()
    with pytest.raises(Fenced):
        control.flip(name, building, 1)
    control.flip(name, 1, building)
    with pytest.raises(Fenced):
        control.flip(name, 1, building)
    control.flip(name, building, 1)
    assert control.projection(name) == LiveProjection(name, 1, building, None)


def test_old_generations_are_dropped_and_their_numbers_not_used_again(engine: ReadEngine, name: str) -> None:
    control = engine.control
    for live in (1, 2, 3):
        to = control.start_building(name)
        control.generation(name, to, must_be_live=False).close()
        control.flip(name, live, to)
    assert control.start_building(name) == 5
    control.generation(name, 5, must_be_live=False).close()
    assert control.drop_old(name) == [1, 2]
    assert control.drop_old(name) == []
    assert control.projection(name) == LiveProjection(name, 4, 3, 5)
    assert control.start_building(name, afresh=True) == 6
    assert control.drop_old(name) == [5]
    assert control.start_building(name, afresh=True) == 7


def test_the_generation_before_is_given_up_after_its_time(engine: ReadEngine, name: str) -> None:
    control, hour = engine.control, 3600 * 1_000_000
    control.projection(name)
    control.give_up_previous(name, system_clock() + hour)
    to = control.start_building(name)
    for number in (1, to):
        control.generation(name, number, must_be_live=False).close()
    control.flip(name, 1, to)
    control.flip(name, to, 1)

    control.give_up_previous(name, system_clock() - hour)
    assert control.projection(name) == LiveProjection(name, 1, to, None)
    assert control.drop_old(name) == []

    assert control.start_building(name) == 3
    control.give_up_previous(name, system_clock() + hour)
    assert control.projection(name) == LiveProjection(name, 1, None, 3)
    assert control.drop_old(name) == [to]
    with pytest.raises(Fenced):
        control.flip(name, 1, to)


def test_the_store_of_a_projection_has_one_name_in_all_processes(engine: ReadEngine) -> None:
    with closing(engine.another_control()) as other:
        assert [other.store(name) for name in NAMES] == [engine.control.store(name) for name in NAMES]
    with closing(open_control(engine.url)) as alone:
        assert alone.store("tables") == engine.control.store("tables")
    shared = not engine.search_url.startswith("sqlite:") or engine.search_url == engine.url
    assert (engine.control.store("tables") == engine.control.store("search")) is shared


def test_a_follower_is_fenced_by_another(engine: ReadEngine, name: str, one_row: Change) -> None:
    one, other = engine.live(name), engine.live(name)
    follow(one, [one_row])
    with pytest.raises(Fenced):
        other.apply([one_row], Checkpoint(), checkpoint(1))
    follow(other, [PutChat("a", 1, None, AT, AT)])
    with pytest.raises(Fenced):
        one.apply([], Checkpoint("other log", 1), checkpoint(2))


def test_nothing_is_committed_to_a_generation_after_the_flip(
    engine: ReadEngine, name: str, one_row: Change
) -> None:
    """A follower that has read the old checkpoint waits for what the replay holds, and then may not commit."""
    follow(engine.live(name), [one_row])
    building = engine.control.start_building(name)
    rebuilt = engine.open(name, building, must_be_live=False)
    follow(rebuilt, [one_row])
    rebuilt.finish()
    outcome: list[object] = []
    waits = threading.Event()

    def follower() -> None:
        with (
            closing(engine.another_control()) as control,
            closing(control.generation(name, 1, must_be_live=True)) as generation,
        ):
            before = generation.checkpoint()
            waits.set()
            try:
                generation.apply([PutChat("a", 1, None, AT, AT)], before, checkpoint(2))
                outcome.append("committed")
            except Fenced as error:
                outcome.append(error)

    thread = threading.Thread(target=follower)
    with engine.live(name).hold():
        thread.start()
        assert waits.wait(10)
        thread.join(0.3)
        assert outcome == [], "it must wait for the hold"
        engine.control.flip(name, 1, building)
    thread.join(10)
    assert isinstance(outcome[0], Fenced)
    assert engine.open(name, 1, must_be_live=False).checkpoint() == checkpoint(1)
    assert engine.position(name) == 1


def test_a_hold_without_a_flip_only_delays(engine: ReadEngine, name: str, one_row: Change) -> None:
    generation = engine.live(name)
    with engine.live(name).hold():
        pass
    follow(generation, [one_row])
    assert generation.checkpoint() == checkpoint(1)


def test_whoever_holds_it_is_told_how_far_it_is(engine: ReadEngine, name: str, one_row: Change) -> None:
    """Even if a killed follower had no time to show readers what it had applied."""
    follow(engine.open(name, 1, must_be_live=False), [one_row])
    old = engine.live(name)
    with old.hold():
        assert old.checkpoint() == checkpoint(1)


def test_a_scratch_generation_starts_empty_and_leaves_nothing(
    engine: ReadEngine, name: str, one_row: Change
) -> None:
    for _ in range(2):
        with closing(engine.control.scratch(name)) as scratch:
            assert scratch.checkpoint() == Checkpoint()
            follow(scratch, [one_row])
            scratch.finish()
            assert len(listed(scratch)) == 1
            with pytest.raises(ReadModelUnavailable):
                engine.control.scratch(name)
    assert engine.control.projection(name) == LiveProjection(name, 1, None, None)
    assert engine.control.drop_old(name) == []


def test_a_name_is_locked_by_one_at_a_time(engine: ReadEngine) -> None:
    with closing(engine.another_control()) as other:
        with engine.control.exclusively("x") as first, other.exclusively("x") as second:
            assert (first, second) == (True, False)
            with other.exclusively("y") as elsewhere:
                assert elsewhere
        with other.exclusively("x") as again:
            assert again


def test_no_descriptor_left_is_unavailable(engine: ReadEngine) -> None:
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    engine.control.projection("tables")
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, most))
    try:
        for ask in (engine.control.exclusively("x").__enter__, lambda: engine.control.drop_old("tables")):
            with pytest.raises(ReadModelUnavailable):
                ask()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))


def test_an_error_of_whoever_has_the_lock_is_his(engine: ReadEngine) -> None:
    with pytest.raises(BrokenPipeError), engine.control.exclusively("x"):
        raise BrokenPipeError


def test_reports_are_kept(engine: ReadEngine) -> None:
    engine.control.projection("tables")
    assert engine.control.reported("tables") is None
    engine.control.report("tables", position=3, head=5, error=None)
    engine.control.report("tables", position=4, head=9, error="it broke")
    report = engine.control.reported("tables")
    assert report is not None
    assert report[:3] == (4, 9, "it broke")
    assert report.reported_at > 1_700_000_000_000_000


def test_rows_are_one_snapshot(engine: ReadEngine, name: str, one_row: Change) -> None:
    generation = engine.live(name)
    follow(generation, [one_row])
    with generation.rows() as (at, rows):
        follow(generation, [ANOTHER_ROW[name]])
        assert at == checkpoint(1)
        assert len(list(rows)) == 1
    assert len(listed(generation)) == 2


LOCKED = """
import sys, time
from projections.readmodel.open import open_control
with open_control(sys.argv[1]).exclusively("x") as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


def test_a_killed_process_frees_its_name(engine: ReadEngine) -> None:
    with subprocess.Popen([sys.executable, "-c", LOCKED, engine.url], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        with engine.control.exclusively("x") as mine:
            assert not mine
        other.kill()
    with engine.control.exclusively("x") as mine:
        assert mine


APPLYING = """
import sys
from projections.readmodel.changes import PutMessage
from projections.readmodel.open import open_control
from projections.readmodel.store import Checkpoint

control = open_control(sys.argv[1], sys.argv[4])
generation = control.generation(sys.argv[2], 1, must_be_live=True)
before = generation.checkpoint()
while True:
    first = before.position - 1
    batch = [
        PutMessage("a", 1, number, 1, f"message {number} " * 10, None, sys.argv[3], sys.argv[3], number + 2)
        for number in range(first, first + 2000)
    ]
    after = Checkpoint("log", before.position + 2000, b"event")
    generation.apply(batch, before, after)
    before = after
    print(after.position, flush=True)
"""


def test_a_kill_in_the_middle_leaves_rows_and_checkpoint_agreeing(engine: ReadEngine, name: str) -> None:
    follow(engine.live(name), [ONE_ROW["tables"], PutChat("a", 1, None, AT, AT)])
    for kill_after in (0.005, 0.02, 0.05):
        command = [sys.executable, "-c", APPLYING, engine.url, name, AT, engine.search_url]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as follower:
            assert follower.stdout is not None
            acknowledged = int(follower.stdout.readline())
            threading.Event().wait(kill_after)
            follower.kill()
        position = engine.live(name).checkpoint().position
        assert position >= acknowledged
        count = sum(key.startswith(("message", "document")) for key, _ in listed(engine.live(name)))
        assert count == position - 2
        if name == "search":
            assert engine.search(lambda view: view.find("a", 1, "message", Page(1)).total) == count
        else:
            assert engine.live(name).recount(repair=False) == []


def test_followers_of_two_projections_do_not_meet(engine: ReadEngine) -> None:
    change = PutMessage("a", 1, 1, 1, "x", None, AT, AT, 3)
    with engine.live("tables").hold():
        follow(engine.live("search"), [change])
    assert engine.live("tables").checkpoint() == Checkpoint()
