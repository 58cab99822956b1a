"""Where the log and the read models are."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from engines.search_url import FORM as SEARCH_FORM
from engines.search_url import parse_search
from engines.server_url import check_redis, masked
from eventstore.settings import (
    MEMORY,
    WrongSetting,
    bracketed,
    data_folder,
    log_url,
    optional,
    server_or_memory,
    setting,
    sqlite_only,
    sqlite_or_mysql,
)


@dataclass(frozen=True, slots=True)
class ProjectionSettings:
    """`data` is the embedded engine's folder, absolute; what is not set lies in it, or where the log's server is."""

    data: Path
    log_url: str
    read_url: str
    search_url: str


def projection_settings(data: str | None = None) -> ProjectionSettings:
    """Settings from an option and the environment. Raises WrongSetting."""
    folder = data_folder(data)
    log = log_url(folder)
    read = read_url(folder, log)
    return ProjectionSettings(folder, log, read, search_url(folder, read))


def read_url(data: Path, log: str) -> str:
    """The read tables: PARLEY_READ_URL; by default in the log's database where that is a server's, else in the data
    folder. Raises WrongSetting.
    """
    default = log if log.startswith("mysql:") else f"sqlite:///{data}"
    return sqlite_or_mysql("PARLEY_READ_URL", setting("PARLEY_READ_URL", default))


def search_url(data: Path, read_url: str) -> str:
    """The search index: PARLEY_SEARCH_URL, or what ES_HOST comes to; by default beside the read tables where they
    are in files, else in the data folder. Raises WrongSetting.
    """
    default = read_url if read_url.startswith("sqlite:") else f"sqlite:///{data}"
    url = optional("PARLEY_SEARCH_URL") or _plain_search() or default
    if not url.startswith(("http:", "https:")):
        return sqlite_only("PARLEY_SEARCH_URL", url, SEARCH_FORM)
    try:
        parse_search(url)
    except ValueError as error:
        raise WrongSetting(
            f"PARLEY_SEARCH_URL is {masked(url)!r}: {error}; {SEARCH_FORM} is allowed"
        ) from error
    return url


def _plain_search() -> str | None:
    """The URL for ES_HOST: a host, or host:port, or all of a URL."""
    host = optional("ES_HOST")
    if not host or "://" in host:
        return host or None
    return f"http://{bracketed(host) if host.count(':') > 1 else host}"


def redis_url() -> str:
    """Where words of reached positions go: PARLEY_REDIS_URL, or what the REDIS_* variables come to; by default
    `memory://`, this process alone. Raises WrongSetting.
    """
    url = optional("PARLEY_REDIS_URL") or _plain_redis() or MEMORY
    return server_or_memory("PARLEY_REDIS_URL", url, "redis", check_redis, "redis://:password@host:6379/0")


def _plain_redis() -> str | None:
    """The URL that REDIS_HOST, _PORT and _PASSWORD spell out; None without REDIS_HOST."""
    host = optional("REDIS_HOST")
    if not host:
        return None
    password = quote(setting("REDIS_PASSWORD", ""), safe="")
    return f"redis://{f':{password}@' if password else ''}{bracketed(host)}:{setting('REDIS_PORT', '6379')}/0"
