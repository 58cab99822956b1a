"""The URL of a database server, taken apart; no driver is needed for that."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from engines import tls

_NO_URL = "it is no URL; escape special characters of the password as %XX"


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """`scheme://user:password@host:port/database?option=value`; the password is not shown."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    options: Mapping[str, str]

    @property
    def shown(self) -> str:
        """Where it leads, for messages."""
        return f"{self.host}:{self.port}/{self.database}"


def parse(url: str, *, default_port: int, options: Collection[str] = ()) -> ServerUrl:
    """Raises ValueError, which says what is wrong without showing a password."""
    parts = _parts(url)
    port = parts.port or default_port
    try:
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError(_NO_URL) from None
    database = unquote(parts.path.removeprefix("/"))
    if not parts.hostname or not parts.username or not database or "/" in database or parts.fragment:
        raise ValueError("a host, a user and a database are needed")
    for name, _ in query:
        if name not in options:
            raise ValueError(f"the option {name!r} is not known; allowed are {', '.join(sorted(options))}")
    return ServerUrl(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        database=database,
        options=dict(query),
    )


def parse_mysql(url: str) -> ServerUrl:
    """`mysql://user:password@host:3306/database`, with the options of `engines.tls`. Raises ValueError."""
    target = parse(url, default_port=3306, options=tls.OPTIONS)
    tls.tls_context(target.options)
    return target


def check_amqp(url: str) -> None:
    """Whether it is `amqp://user:password@host:5672/vhost`. Raises ValueError."""
    parts = _parts(url)
    if not parts.hostname or not parts.username or not parts.password or parts.query or parts.fragment:
        raise ValueError("a host, a user and a password are needed, and no options are known")


def check_redis(url: str) -> None:
    """Whether it is `redis://:password@host:6379/0`; account and number may be left out. Raises ValueError."""
    parts = _parts(url)
    database = parts.path.removeprefix("/")
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError("a host is needed, and no options are known")
    if database and not (database.isascii() and database.isdecimal()):
        raise ValueError(f"{database!r} is no number of a database")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # The parser's own message may quote the part that holds the password.
        raise ValueError(_NO_URL) from None
    return parts


def masked(url: str) -> str:
    """The URL with `***` for its password."""
    scheme, separator, rest = url.partition("://")
    before, at, after = rest.rpartition("@")
    if not at:
        return url
    user, colon, _ = before.partition(":")
    return f"{scheme}{separator}{user}{colon}{'***' if colon else ''}{at}{after}"
