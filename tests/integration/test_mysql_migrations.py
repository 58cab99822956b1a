"""The log's tables are made once, by whoever comes, however often it was killed on the way."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from engines.mysql_connection import connect
from eventstore.errors import LogError, WrongFormat
from eventstore.mysql_connection import MIGRATIONS, steps
from eventstore.open import migrate_log, open_log
from tests.support.databases import new_database


@pytest.fixture
def url() -> Iterator[str]:
    with new_database("mariadb") as url:
        yield url


def run(url: str, *statements: str) -> None:
    with closing(connect(url)) as connection:
        for statement in statements:
            connection.query(statement)


def test_without_tables_the_log_says_what_to_do(url: str) -> None:
    with pytest.raises(WrongFormat, match="step 0 of 5: run `parley migrate`"):
        open_log(url).head()


def test_many_at_once_make_one_log(url: str) -> None:
    failures: list[LogError] = []

    def migrate() -> None:
        try:
            migrate_log(url)
        except LogError as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    first = open_log(url).log_id
    migrate_log(url)
    assert open_log(url).log_id == first


@pytest.mark.parametrize("done", range(1, 6))
def test_one_that_was_killed_behind_a_step_is_finished_by_the_next(url: str, done: int) -> None:
    """The step was done and not yet listed: that is the only moment a kill can leave behind."""
    migrate_log(url)
    undone = ["commands", "events", "streams", "log_head"][: 5 - done] if done < 5 else []
    run(
        url,
        *(f"DROP TABLE {table}" for table in undone),
        *(["DELETE FROM log_head"] if done == 4 else []),
        f"DELETE FROM {MIGRATIONS} WHERE step >= {done}",
    )
    migrate_log(url)
    log = open_log(url)
    assert log.head() == 0
    assert log.log_id
    log.writer().close()
    log.close()


def test_a_newer_schema_is_left_alone(url: str) -> None:
    migrate_log(url)
    run(url, f"INSERT INTO {MIGRATIONS} VALUES ({len(steps()) + 1}, 'of_tomorrow', '')")
    for attempt in (lambda: migrate_log(url), lambda: open_log(url).head()):
        with pytest.raises(WrongFormat, match="at step 6, this program knows 5: upgrade Parley"):
            attempt()


def test_a_step_that_was_another_is_noticed(url: str) -> None:
    migrate_log(url)
    run(url, f"UPDATE {MIGRATIONS} SET checksum = 'other' WHERE step = 3")
    with pytest.raises(WrongFormat, match=r"another step 3 \(events\)"):
        migrate_log(url)
