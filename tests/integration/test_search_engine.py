"""Followers, replays and checks of a search index that is on an engine of its own."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engines.search_url import parse_search
from eventstore.events import ApplicationCreated, ChatCreated, Fact, MessageCreated
from projections.follower import Follower
from projections.readmodel.changes import DropMessage, PutMessage
from projections.readmodel.opensearch_bulk import send
from projections.readmodel.opensearch_client import connect
from projections.readmodel.opensearch_documents import documents
from projections.readmodel.opensearch_index import index_name, write_alias
from projections.replay import replay, rollback
from tests.support.facts import append, append_each, at
from tests.support.folder import Folder, data_folder
from tests.support.histories import busy_history
from tests.support.search_engines import new_prefix
from tests.support.waiting import until

FACTS = busy_history(400)
KILLED = -signal.SIGKILL
OPENING = (
    ApplicationCreated(token="t", at=at(0), name="Desk"),
    ChatCreated(token="t", at=at(0), number=1, title=None),
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with new_prefix("opensearch") as url, data_folder(tmp_path, search_url=url) as folder:
        yield folder


def post(number: int) -> Fact:
    return MessageCreated(
        token="t", at=at(number), chat=1, number=number, body=f"message {number}", sender=None
    )


def test_it_holds_what_the_index_in_a_file_holds(folder: Folder, tmp_path: Path) -> None:
    append_each(folder.log, FACTS)
    folder.follow("search")
    with data_folder(tmp_path / "plain") as plain:
        append_each(plain.log, FACTS)
        plain.follow("search")
        assert folder.rows("search")[1] == plain.rows("search")[1]


def test_replay_equals_follow_and_rollback_leads_back(folder: Folder) -> None:
    append_each(folder.log, FACTS[:300])
    folder.follow("search")
    followed = folder.rows("search")
    assert replay(folder.control, folder.tail, "search", batch=70).generation == 2
    assert folder.rows("search") == followed
    append_each(folder.log, FACTS[300:])
    folder.follow("search")
    assert rollback(folder.control, folder.tail, "search").generation == 1
    assert folder.rows("search") == folder.rows("search", 2)
    assert folder.findings("search") == []


@pytest.mark.parametrize(
    "crashpoint", ["replay-batch:2", "replay-finished", "swap-before-flip", "swap-after-flip"]
)
def test_f04_a_killed_replay_is_resumed(folder: Folder, crashpoint: str) -> None:
    append_each(folder.log, FACTS)
    folder.follow("search")
    followed = folder.rows("search")
    killed = folder.run("replay", "search", "--batch", "100", crashpoint=crashpoint)
    assert killed.returncode == KILLED, killed.stderr
    live = folder.control.projection("search").live
    assert live == (2 if crashpoint == "swap-after-flip" else 1)
    assert folder.rows("search") == followed
    done = folder.run("replay", "search", "--batch", "100", "--verify", "--json")
    assert done.returncode == 0, done.stderr
    (replayed,) = json.loads(done.stdout)["replayed"]
    assert replayed["resumed_at"] == {"replay-batch:2": 200, "swap-after-flip": 0}.get(crashpoint, len(FACTS))
    assert folder.rows("search") == followed


@pytest.mark.parametrize("crashpoint", ["follow-before-apply", "follow-after-apply"])
def test_f03_a_killed_follower_is_succeeded(folder: Folder, crashpoint: str) -> None:
    append_each(folder.log, FACTS)
    killed = folder.run("follow", "search", crashpoint=crashpoint)
    assert killed.returncode == KILLED, killed.stderr
    folder.follow("search")
    assert folder.findings("search") == []


def test_verify_looks_while_it_is_followed(folder: Folder) -> None:
    """A snapshot is between two batches, however fast they come."""
    append(folder.log, *OPENING)
    done = threading.Event()

    def write(follower: Follower) -> None:
        number = 0
        while not done.is_set():
            facts = [post(number + n) for n in range(1, 6)]
            number += len(facts)
            folder.bus.publish(append(folder.log, *facts), [])
            # As fast as the follower, or the log would outgrow the test.
            until(lambda: done.is_set() or follower.state.position == folder.log.head(), "the follower")

    with folder.following("search") as follower:
        until(lambda: follower.state.leading)
        writer = threading.Thread(target=write, args=(follower,))
        writer.start()
        try:
            for _ in range(3):
                assert folder.findings("search") == []
        finally:
            done.set()
            writer.join()
    assert folder.log.head() > 50
    folder.follow("search")
    assert folder.findings("search") == []


def test_verify_names_what_was_changed_by_hand(folder: Folder) -> None:
    append(folder.log, *OPENING, *(post(number) for number in range(1, 11)))
    folder.follow("search")
    target = parse_search(folder.search_url)
    changes = [PutMessage("t", 1, 5, 2, "forged", None, "", "", 7), DropMessage("t", 1, 6, 8)]
    forged = [document._replace(version=99) for document in documents(changes)]
    with closing(connect(target, 10)) as client:
        send(client, write_alias(index_name(target.prefix, 1)), forged, refresh=True)
    places = [finding.place for finding in folder.findings("search")]
    assert places == [f"search document t {1:018d} {number:018d}" for number in (5, 6)]
