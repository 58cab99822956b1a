"""The URL of a search engine, taken apart; no driver is needed for that."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_PORT = 9200
DEFAULT_PREFIX = "parley_search"
FORM = "http(s)://[user:password@]host:9200[/prefix][?shards=1&replicas=auto&pace=100&ca=/path/to/ca.pem]"

# What the engines allow in names of indices, and a little less (no dots, no `_` or `-` in front).
_PREFIX = re.compile("[a-z0-9][a-z0-9_-]{0,99}", re.ASCII)
_NUMBER = re.compile("[0-9]{1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SearchUrl:
    """`prefix` begins the names of all indices; `replicas` None: one, where there is a second node.

    `pace` is the least number of seconds between two refreshes, `ca` the certificates to trust instead of the
    system's. The password is not shown.
    """

    host: str
    port: int
    https: bool
    user: str
    password: str = field(repr=False)
    prefix: str
    shards: int
    replicas: int | None
    pace: float
    ca: str | None


def parse_search(url: str) -> SearchUrl:
    """Raises ValueError, which says what is wrong without showing a password."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        # The parser's own message may quote the part that holds the password.
        raise ValueError("it is no URL; escape special characters of the password as %XX") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError("http or https and a host are needed")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("a user and a password belong together")
    prefix = unquote(parts.path).strip("/") or DEFAULT_PREFIX
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("the prefix may have a-z, 0-9, _ and -, begins with a letter or digit, and has no /")
    if unknown := options.keys() - {"shards", "replicas", "pace", "ca"}:
        raise ValueError(f"the option {min(unknown)!r} is not known; shards, replicas, pace and ca are")
    if "ca" in options and parts.scheme != "https":
        raise ValueError("ca has no effect without https")
    replicas = options.get("replicas", "auto")
    return SearchUrl(
        host=parts.hostname,
        port=port,
        https=parts.scheme == "https",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        prefix=prefix,
        shards=max(1, _number("shards", options.get("shards", "1"))),
        replicas=None if replicas == "auto" else _number("replicas", replicas),
        pace=_number("pace", options.get("pace", "100")) / 1000,
        ca=options.get("ca"),
    )


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{name} is {text!r}; a whole number of at most 4 digits is allowed")
    return int(text)
