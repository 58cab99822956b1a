"""A server that may lose what it acknowledges is refused, and the setting to change is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eventstore.errors import LogUnavailable, UnsafeLog
from eventstore.open import migrate_log, open_log
from tests.services.mariadb import MariaDB
from tests.support.mysql import execute, new_log_in, server


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    with server(tmp_path_factory.mktemp("careless")) as running:
        yield running


@pytest.mark.parametrize(
    ("setting", "value"), [("sync_binlog", 0), ("sync_binlog", 100), ("innodb_flush_log_at_trx_commit", 2)]
)
def test_a_setting_that_loses_data_is_named(careless: MariaDB, setting: str, value: int) -> None:
    url = new_log_in(careless, "parley")
    execute(careless, f"SET GLOBAL {setting} = {value}")
    try:
        with pytest.raises(UnsafeLog, match=f"{setting} is {value}, it must be 1"):
            migrate_log(url)
        # Not only at the first start: a server may come back with other settings.
        with pytest.raises(UnsafeLog, match=setting):
            open_log(url).writer()
    finally:
        execute(careless, f"SET GLOBAL {setting} = 1")
    open_log(url).writer().close()


def test_a_server_that_takes_no_writes_is_not_available(careless: MariaDB) -> None:
    url = new_log_in(careless, "parley")
    execute(careless, "SET GLOBAL read_only = 1")
    try:
        with pytest.raises(LogUnavailable, match="read-only"):
            open_log(url).writer()
        assert open_log(url).head() == 0
    finally:
        execute(careless, "SET GLOBAL read_only = 0")


def test_a_server_without_a_binlog_is_refused(tmp_path: Path) -> None:
    with server(tmp_path, "--skip-log-bin") as running, pytest.raises(UnsafeLog, match="log_bin is OFF"):
        migrate_log(running.url())
