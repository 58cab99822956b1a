"""Where the data is: an option first, then the environment, then the default."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from environs import EnvError, FileAwareEnv

from engines.server_url import check_amqp, masked, parse_mysql

DEFAULT_DATA = "./parley-data"
MEMORY = "memory://"
_MYSQL = "mysql://user:password@host:3306/database"
_AMQP = "amqp://user:password@host:5672//"


class WrongSetting(Exception):
    """A setting that the program can't start with; says its name, its value and what is allowed."""


def data_folder(option: str | None = None) -> Path:
    """The embedded engine's folder (PARLEY_DATA), absolute."""
    return Path(option or setting("PARLEY_DATA", DEFAULT_DATA)).expanduser().absolute()


def log_url(data: Path) -> str:
    """Where the log is: PARLEY_LOG_URL, or what the MYSQL_* variables come to; by default in the data folder.

    Raises WrongSetting.
    """
    url = optional("PARLEY_LOG_URL") or _plain_mysql() or f"sqlite:///{data / 'log.db'}"
    return sqlite_or_mysql("PARLEY_LOG_URL", url)


def bus_url() -> str:
    """The bus: PARLEY_BUS_URL, or what the RABBITMQ_* variables come to; by default `memory://`, this process alone.

    Raises WrongSetting.
    """
    url = optional("PARLEY_BUS_URL") or _plain_rabbitmq() or MEMORY
    return server_or_memory("PARLEY_BUS_URL", url, "amqp", check_amqp, _AMQP)


def server_or_memory(name: str, url: str, scheme: str, check: Callable[[str], None], example: str) -> str:
    """The URL, if it is `memory://`, or one of that scheme that `check` has nothing against. Raises WrongSetting."""
    if url == MEMORY:
        return url
    try:
        if not url.startswith(f"{scheme}://"):
            raise ValueError("it is of another kind")
        check(url)
    except ValueError as error:
        raise WrongSetting(f"{name} is {masked(url)!r}: {error}; {MEMORY} or {example} is allowed") from error
    return url


def _plain_rabbitmq() -> str | None:
    """The URL that RABBITMQ_HOST, _PORT, _USER, _PASSWORD and _VHOST spell out; None without RABBITMQ_HOST."""
    host = optional("RABBITMQ_HOST")
    if not host:
        return None
    user = quote(setting("RABBITMQ_USER", "parley"), safe="")
    password = quote(setting("RABBITMQ_PASSWORD", ""), safe="")
    port, vhost = setting("RABBITMQ_PORT", "5672"), quote(setting("RABBITMQ_VHOST", "/"), safe="")
    return f"amqp://{user}:{password}@{bracketed(host)}:{port}/{vhost}"


def bracketed(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def _plain_mysql() -> str | None:
    """The URL that MYSQL_HOST, _PORT, _USER, _PASSWORD and _DATABASE spell out; None without MYSQL_HOST."""
    host = optional("MYSQL_HOST")
    if not host:
        return None
    user = quote(setting("MYSQL_USER", "parley"), safe="")
    password = quote(setting("MYSQL_PASSWORD", ""), safe="")
    port, database = setting("MYSQL_PORT", "3306"), quote(setting("MYSQL_DATABASE", "parley"), safe="")
    return f"mysql://{user}:{password}@{bracketed(host)}:{port}/{database}"


def setting(name: str, default: str) -> str:
    """A setting of the environment, or what is in the file that NAME_FILE names. Raises WrongSetting."""
    value = optional(name)
    return default if value is None else value


def optional(name: str) -> str | None:
    """The same for a setting that has no default: None if it is not set, though "" if it is set to nothing."""
    try:
        value: str | None = FileAwareEnv().str(name, None)
        # Editors and `echo` end a file with a newline that is no part of the value.
        return None if value is None else value.rstrip("\r\n")
    except (EnvError, ValueError, OSError) as error:
        raise WrongSetting(str(error)) from error


def sqlite_or_mysql(name: str, url: str) -> str:
    """The URL, if it names a file of SQLite's or a MySQL database. Raises WrongSetting."""
    if not url.startswith("mysql://"):
        return sqlite_only(name, url, _MYSQL)
    try:
        parse_mysql(url)
    except ValueError as error:
        raise WrongSetting(f"{name} is {masked(url)!r}: {error}; {_MYSQL} is allowed") from error
    return url


def sqlite_only(name: str, url: str, *others: str) -> str:
    """The URL, if it names a file of SQLite's; `others` are what is allowed besides. Raises WrongSetting."""
    scheme = url.partition(":")[0]
    if not url.startswith("sqlite:///"):
        allowed = " or ".join(["sqlite:////absolute/path", *others])
        raise WrongSetting(f"{name} is a {scheme!r} URL; {allowed} is allowed")
    return url
