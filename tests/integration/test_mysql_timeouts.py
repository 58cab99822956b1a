"""An answer that does not come is a lost connection, with TLS and without."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from pymysql.err import OperationalError

from engines import mysql_connection
from engines.mysql_connection import connect
from engines.mysql_errors import is_lost
from tests.support.certificates import certificate
from tests.support.mysql import server
from tests.support.waiting import until


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    own = certificate(tmp_path_factory.mktemp("certificates"), "server", "127.0.0.1")
    options = (f"--ssl-cert={own.certificate}", f"--ssl-key={own.key}")
    with server(tmp_path_factory.mktemp("timeouts"), *options) as running:
        yield running.url()


@pytest.mark.parametrize("mode", ["disabled", "required"])
def test_an_answer_that_takes_too_long(url: str, mode: str) -> None:
    with closing(connect(f"{url}?ssl-mode={mode}", read_seconds=0.5)) as connection:
        connection.query("DO SLEEP(0.1)")
        with pytest.raises(OperationalError) as caught:
            connection.query("DO SLEEP(3600)")
        assert is_lost(caught.value)
        assert "timed out" in str(caught.value)
        assert not connection.open


@pytest.mark.parametrize("mode", ["disabled", "required"])
def test_an_answer_may_take_longer_than_the_connection(
    url: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql_connection, "CONNECT_SECONDS", 1)
    with closing(connect(f"{url}?ssl-mode={mode}", read_seconds=60)) as connection:
        connection.query("DO SLEEP(1.5)")


def test_a_server_that_does_not_greet(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection, and says nothing: it is given up long before an answer would be."""
    monkeypatch.setattr(mysql_connection, "CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor() as threads:
        silent.settimeout(20)

        def hear_the_end() -> bytes:
            client, _ = silent.accept()
            with client:
                client.settimeout(20)
                return client.recv(1)

        heard = threads.submit(hear_the_end)
        with pytest.raises(OperationalError, match="timed out"):
            connect(f"mysql://parley@127.0.0.1:{silent.getsockname()[1]}/parley", read_seconds=3600)
        assert heard.result() == b""


@pytest.mark.parametrize("mode", ["disabled", "required"])
def test_a_silent_client_is_given_up_by_the_server(url: str, mode: str) -> None:
    """So that a frozen one gives its locks back."""
    with (
        closing(connect(f"{url}?ssl-mode={mode}", idle_seconds=1)) as frozen,
        closing(connect(url)) as other,
        other.cursor() as cursor,
    ):
        frozen.query("DO 1")
        number = frozen.thread_id()

        def there() -> int:
            return cursor.execute("SELECT 1 FROM information_schema.processlist WHERE id = %s", (number,))

        assert there()
        until(lambda: not there(), "the server ends the silent session")
        with pytest.raises(OperationalError) as caught:
            frozen.query("DO 1")
        assert is_lost(caught.value)
