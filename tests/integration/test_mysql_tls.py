"""TLS to the server, by the URL's options."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from engines.mysql_connection import connect
from eventstore.errors import LogUnavailable
from eventstore.mysql_connection import rows
from eventstore.open import migrate_log, open_log
from tests.services.mariadb import MariaDB
from tests.support.certificates import Files, certificate
from tests.support.mysql import server


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Files]:
    folder = tmp_path_factory.mktemp("certificates")
    return {
        "server": certificate(folder, "server", "127.0.0.1"),
        "other": certificate(folder, "other", "127.0.0.1"),
    }


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, files: dict[str, Files]) -> Iterator[MariaDB]:
    own = files["server"]
    options = (f"--ssl-cert={own.certificate}", f"--ssl-key={own.key}")
    with server(tmp_path_factory.mktemp("tls"), *options) as running:
        yield running


def cipher(url: str) -> str:
    with closing(connect(url)) as connection:
        return str(rows(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")[0][1])


@pytest.mark.parametrize("mode", ["required", "verify-ca", "verify-identity"])
def test_the_connection_is_encrypted(strict: MariaDB, files: dict[str, Files], mode: str) -> None:
    ca = "" if mode == "required" else f"&ssl-ca={files['server'].certificate}"
    url = f"{strict.url()}?ssl-mode={mode}{ca}"
    migrate_log(url)
    assert open_log(url).head() == 0
    assert cipher(url) != ""


def test_it_is_encrypted_by_itself_where_the_server_can_and_not_when_told_so(strict: MariaDB) -> None:
    assert cipher(strict.url()) != ""
    assert cipher(f"{strict.url()}?ssl-mode=disabled") == ""


@pytest.mark.parametrize(
    ("options", "host"),
    [
        ("ssl-ca={other}", "127.0.0.1"),
        ("ssl-mode=verify-ca", "127.0.0.1"),
        ("ssl-mode=verify-identity&ssl-ca={server}", "localhost"),
    ],
)
def test_a_server_that_is_not_the_one_is_refused(
    strict: MariaDB, files: dict[str, Files], options: str, host: str
) -> None:
    named = options.format(**{name: one.certificate for name, one in files.items()})
    url = f"{strict.url().replace('127.0.0.1', host)}?{named}"
    with pytest.raises(LogUnavailable, match=r"(?i)certificate"):
        migrate_log(url)
