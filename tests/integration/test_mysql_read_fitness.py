"""A server that takes no writes of read tables is refused at the start, and the setting to change is named."""

from contextlib import closing
from pathlib import Path

import pytest

from projections.readmodel.errors import ReadModelUnavailable, ReadModelUnreachable
from projections.readmodel.open import open_control
from tests.support.mysql import execute, server


def test_a_binlog_of_statements(tmp_path: Path) -> None:
    with server(tmp_path, "--binlog-format=STATEMENT") as running:
        url = running.url()
        with pytest.raises(ReadModelUnavailable, match="binlog_format = ROW") as caught:
            open_control(url)
        # That would be waited for.
        assert not isinstance(caught.value, ReadModelUnreachable)
        assert execute(running, "SHOW TABLES", database="parley") == []
        execute(running, "SET GLOBAL binlog_format = ROW")
        open_control(url).close()


def test_without_a_binlog_its_format_is_nothing(tmp_path: Path) -> None:
    with (
        server(tmp_path, "--skip-log-bin", "--binlog-format=STATEMENT") as running,
        closing(open_control(running.url())) as control,
    ):
        assert control.projection("tables").live == 1
