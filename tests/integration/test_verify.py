"""Verify finds what was changed by hand, and nothing else."""

import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from projections.replay import replay
from projections.verify import verify
from tests.support.facts import append, append_each
from tests.support.folder import FOLDERS, NAMES, Folder
from tests.support.histories import busy_history
from tests.support.tampering import Tampering

FACTS = busy_history(400)


@pytest.fixture
def followed(folder: Folder) -> Folder:
    append_each(folder.log, FACTS)
    folder.follow()
    return folder


def change(folder: Folder, file: str, statement: str) -> None:
    """Change a file by hand, as nobody should."""
    with closing(sqlite3.connect(folder.path / file)) as db:
        assert db.execute(statement).rowcount == 1
        db.commit()


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_a_followed_folder_is_right(followed: Folder) -> None:
    assert followed.findings() == []
    assert list(verify(followed.control, followed.tail, NAMES, fast=True)) == []


def test_a_folder_without_events_is_right(folder: Folder) -> None:
    assert folder.findings() == []


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE #messages SET json = 'x' WHERE A_MESSAGE",
        "DELETE FROM #messages WHERE A_MESSAGE",
        "UPDATE #applications SET name = 'Nobody' WHERE token = 'token2'",
        "DELETE FROM #chats WHERE A_CHAT",
    ],
    ids=["message changed", "message lost", "application changed", "chat lost"],
)
def test_a_row_changed_by_hand_is_named(followed: Folder, statement: str) -> None:
    _, before = followed.rows("tables")
    assert Tampering(followed).execute(statement) == 1
    _, after = followed.rows("tables")
    changed = {f"tables {key}" for key in before.keys() | after.keys() if before.get(key) != after.get(key)}

    found = followed.findings("tables")

    assert {finding.place for finding in found} == changed
    assert changed

    replay(followed.control, followed.tail, "tables")
    assert followed.findings("tables") == []


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_a_counter_changed_by_hand_is_found_fast(followed: Folder) -> None:
    assert (
        Tampering(followed).execute("UPDATE #applications SET chats_count = 99 WHERE token = 'token2'") == 1
    )

    [finding] = verify(followed.control, followed.tail, NAMES, fast=True)

    assert "chats_count" in finding.place
    assert finding.detail.startswith("is 99, counted were ")


@pytest.mark.parametrize("fast", [True, False])
def test_a_missing_event_is_found(followed: Folder, fast: bool) -> None:
    change(followed, "log.db", "DELETE FROM events WHERE position = 5")

    found = [finding.detail for finding in verify(followed.control, followed.tail, (), fast=fast)]

    assert found[0] == "position 5 is missing"


def test_a_stream_row_changed_by_hand_is_found(followed: Folder) -> None:
    change(followed, "log.db", "UPDATE streams SET live = live + 1 WHERE name = 'chats/token1'")

    assert [finding.place for finding in followed.findings("tables")] == ["stream chats/token1"]


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_a_checkpoint_of_another_log_is_found(followed: Folder) -> None:
    Tampering(followed).execute("UPDATE #checkpoint SET event_id = '0123456789abcdef'")

    full = [finding for finding in followed.findings("tables") if finding.place == "tables"]
    fast = list(verify(followed.control, followed.tail, ("tables",), fast=True))

    assert len(full) == len(fast) == 1
    assert "rewound" in fast[0].detail


def damage(folder: Folder, *statements: str) -> None:
    with closing(sqlite3.connect(folder.path / "log.db")) as db, db:
        for statement in statements:
            db.execute(statement)


def verified(folder: Folder) -> dict[str, list[str]]:
    """What the command finds, by place."""
    began = time.monotonic()
    done = folder.run("verify", "--json")
    assert time.monotonic() - began < 8
    assert done.returncode == 1, done.stderr
    found: dict[str, list[str]] = {}
    for one in json.loads(done.stdout)["findings"]:
        found.setdefault(one["place"], []).append(one["detail"])
    return found


def test_with_a_lost_event_all_that_is_found_is_told(followed: Folder) -> None:
    damage(followed, "DELETE FROM events WHERE position = 50")

    found = verified(followed)

    assert "position 50 is missing" in found["log"]
    for name in NAMES:
        assert found[name] == [f"can't be folded again: position 50 of {len(FACTS)} can't be read"]


def test_a_log_that_was_cut_back_is_told_of_each_projection(followed: Folder) -> None:
    damage(followed, "DELETE FROM events WHERE position > 200", "UPDATE log_head SET position = 200")

    found = verified(followed)

    assert any(place.startswith("stream ") for place in found)
    for name in NAMES:
        assert found[name] == [f"follows a log that was rewound since; run `parley replay {name}`"]


def test_a_fact_that_can_not_be_read_is_told_of_the_log_and_each_projection(followed: Folder) -> None:
    damage(followed, "UPDATE events SET state = x'7b' WHERE position = 60")

    found = verified(followed)

    assert found["log position 60"][0].startswith("can't be decoded: ")
    for name in NAMES:
        assert found[name][0].startswith("can't be folded again: position 60, stream ")


def test_facts_that_do_not_fit_are_told_of_each_projection(followed: Folder) -> None:
    # An edit in the place of the message that it edits.
    damage(
        followed,
        "UPDATE events SET (topic, state) = (SELECT topic, state FROM events WHERE topic LIKE 'MessageEdited%')"
        " WHERE position = (SELECT min(position) FROM events WHERE topic LIKE 'MessageCreated%')",
    )

    found = verified(followed)

    for name in NAMES:
        assert found[name][0].startswith("can't be folded again: ")


def test_a_part_that_can_not_be_looked_at_hides_no_other(followed: Folder) -> None:
    Tampering(followed).execute("DELETE FROM #messages WHERE A_MESSAGE")
    with followed.control.exclusively("search_scratch"):
        found = verified(followed)

    assert any(place.startswith("tables message") for place in found)
    assert found["search"] == ["can't be examined: another process has the scratch generation of search"]


def test_trigrams_that_are_lost_are_found(followed: Folder) -> None:
    with closing(sqlite3.connect(followed.path / "search_g1.db")) as db, db:
        db.execute("INSERT INTO trigrams (trigrams) VALUES ('delete-all')")

    found = verified(followed)

    assert list(found) == ["search"]
    assert found["search"][0].startswith("the trigram index does not go with the texts")
    assert not list(followed.path.glob("search_check*"))


def test_an_index_that_does_not_go_with_its_table_is_found(followed: Folder) -> None:
    with closing(sqlite3.connect(followed.path / "tables_g1.db", isolation_level=None)) as db:
        row = db.execute("SELECT * FROM sqlite_schema WHERE name = 'chats_by_recency'").fetchone()
        db.execute("PRAGMA writable_schema = ON")
        # Out of the schema while a time changes, so that the old one's entry stays in the index.
        db.execute("DELETE FROM sqlite_schema WHERE name = 'chats_by_recency'")
        db.execute("PRAGMA schema_version = 1000")
    with closing(sqlite3.connect(followed.path / "tables_g1.db", isolation_level=None)) as db:
        db.execute("UPDATE chats SET last_message_at = 'x' WHERE id = (SELECT max(id) FROM chats)")
        db.execute("PRAGMA writable_schema = ON")
        db.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", row)
        db.execute("PRAGMA schema_version = 1001")

    assert any("missing from index chats_by_recency" in detail for detail in verified(followed)["tables"])


@pytest.mark.parametrize("folder", FOLDERS, indirect=True)
def test_verify_beside_a_writer_and_a_follower(followed: Folder) -> None:
    done = threading.Event()

    def write() -> None:
        batch = 0
        while not done.is_set():
            batch += 1
            followed.bus.publish(append(followed.log, *busy_history(20, batch, f"w{batch}-")), [])

    with followed.following("tables"), followed.following("search"), ThreadPoolExecutor() as threads:
        writing = threads.submit(write)
        try:
            for _ in range(3):
                assert followed.findings() == []
        finally:
            done.set()
        writing.result()


def test_progress_is_told_for_the_log_and_each_projection(followed: Folder) -> None:
    told: dict[str, tuple[int, int]] = {}

    def on_progress(what: str, done: int, total: int) -> None:
        told[what] = (done, total)

    assert not list(verify(followed.control, followed.tail, NAMES, on_progress=on_progress))

    assert told == {what: (len(FACTS), len(FACTS)) for what in ("log", *NAMES)}
