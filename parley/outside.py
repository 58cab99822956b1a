"""What a process tells of itself to whoever asks: what is wrong, and not where its servers are."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from parley.settings import Places
from web.health import Health

HIDDEN = "…"

# A port, and what is there.
_REST = r"(?::\d+)?(?:/[\w%.-]*\w)?(?![\w-])"
# Addresses also come from drivers, which have looked names up, and from servers: 'user'@'host'.
_ADDRESSES = (
    r"'[^']*'@'[^']*'",
    r"\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]" + _REST,
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}" + _REST,
)


class Outside:
    """Takes hosts, accounts and folders out of the messages of drivers. The log has them in full."""

    def __init__(self, places: Places) -> None:
        urls = (places.log_url, places.read_url, places.search_url, places.bus_url, places.redis_url)
        hosts = {host for url in urls if (host := urlsplit(url).hostname)}
        passwords = {unquote(password) for url in urls if (password := urlsplit(url).password)}
        folders = {str(places.data), *(path for url in urls if (path := _folder(url)))}
        patterns = [
            *(rf"{re.escape(folder)}[^\s,;:'\"]*" for folder in _longest_first(folders)),
            *map(re.escape, _longest_first(passwords)),
            *(rf"(?<![\w.-]){re.escape(host)}{_REST}" for host in _longest_first(hosts)),
            *_ADDRESSES,
        ]
        self._hidden = re.compile("|".join(patterns), re.IGNORECASE)

    def __call__(self, health: Health) -> Health:
        """The same, for everybody to read."""
        return Health(health.ready, self._told(health.detail), self._told(health.more))

    def _told(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._hidden.sub(HIDDEN, value)
        if isinstance(value, Mapping):
            return {name: self._told(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._told(each) for each in value]
        return value


def _folder(url: str) -> str:
    parts = urlsplit(url)
    return parts.path if parts.scheme == "sqlite" and len(parts.path) > 1 else ""


def _longest_first(texts: set[str]) -> Iterator[str]:
    return iter(sorted(texts, key=len, reverse=True))
