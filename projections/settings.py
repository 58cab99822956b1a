"""Where the log and the read models are."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from engines.server_url import check_redis
from eventstore.settings import (
    MEMORY,
    bracketed,
    data_folder,
    log_url,
    optional,
    server_or_memory,
    setting,
    sqlite_only,
)


@dataclass(frozen=True, slots=True)
class ProjectionSettings:
    """`data` is the embedded engine's folder, absolute; the URLs lie in it unless they are set."""

    data: Path
    log_url: str
    read_url: str


def projection_settings(data: str | None = None) -> ProjectionSettings:
    """Settings from an option and the environment. Raises WrongSetting."""
    folder = data_folder(data)
    read_url = sqlite_only("PARLEY_READ_URL", setting("PARLEY_READ_URL", f"sqlite:///{folder}"))
    return ProjectionSettings(folder, log_url(folder), read_url)


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
