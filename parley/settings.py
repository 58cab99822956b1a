"""What the processes are told: options first, then the environment, then the defaults."""

import ipaddress
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from engines.server_url import masked
from eventstore.settings import WrongSetting, bus_url, optional, setting
from parley.quotas import quotas
from projections.settings import projection_settings, redis_url
from web.cors import ANY
from web.limiter import UNLIMITED, Quotas

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 3000
MOST_WORKERS = 64
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything is; `data` is absolute."""

    data: Path
    log_url: str
    read_url: str
    search_url: str
    bus_url: str
    redis_url: str

    def shown(self) -> str:
        """In one line, without secrets."""
        urls = {
            "log": self.log_url,
            "read tables": self.read_url,
            "search": self.search_url,
            "bus": self.bus_url,
            "Redis": self.redis_url,
        }
        return ", ".join(f"{name} {masked(url)}" for name, url in urls.items())


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """For what serves an API; `admin_key` None leaves the admin routes open.

    `trusted_proxies` are addresses and networks, or `*`, whose X-Forwarded-For is believed. `gunicorn` is a file of
    gunicorn's settings. `origins` are those whose pages may ask, exactly as browsers spell them, or `*`.
    """

    places: Places
    host: str
    port: int
    admin_key: str | None
    workers: int | None = None
    trusted_proxies: str = ""
    gunicorn: Path | None = None
    quotas: Quotas = UNLIMITED
    origins: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BackgroundSettings:
    """For what serves none; `health_port` None: nor its health."""

    places: Places
    host: str
    health_port: int | None


def api_settings(
    data: str | None = None, host: str | None = None, port: int | None = None, workers: int | None = None
) -> ApiSettings:
    """Settings from options and environment. Raises WrongSetting."""
    host = host or setting("PARLEY_HOST", DEFAULT_HOST)
    published = setting("PARLEY_PUBLISHED", host)
    settings = ApiSettings(
        places=_places(data),
        host=host,
        port=_port(port),
        admin_key=_admin_key(optional("PARLEY_ADMIN_KEY")),
        workers=_workers(workers),
        trusted_proxies=setting("PARLEY_TRUSTED_PROXIES", ""),
        gunicorn=_file("PARLEY_GUNICORN"),
        quotas=quotas(public=not _is_loopback(published)),
        origins=_origins(setting("PARLEY_CORS_ORIGINS", "")),
    )
    _refuse_open_door(settings, published, _opened())
    return settings


def background_settings(data: str | None = None) -> BackgroundSettings:
    """Settings from options and environment. Raises WrongSetting."""
    return BackgroundSettings(_places(data), setting("PARLEY_HOST", DEFAULT_HOST), _health_port())


def log_form() -> str:
    """What the lines of the log look like, "json" or "text" (PARLEY_LOG). Raises WrongSetting."""
    form = setting("PARLEY_LOG", "") or ("text" if sys.stderr.isatty() else "json")
    if form not in ("json", "text"):
        raise WrongSetting(f"PARLEY_LOG is {form!r}; json, text or nothing is allowed.")
    return form


def wrong_settings(data: str | None = None) -> list[str]:
    """What is wrong with the environment, whichever process it is for: not only the first that one would refuse."""
    said = []
    for read in (
        lambda: _places(data),
        _port,
        lambda: _admin_key(optional("PARLEY_ADMIN_KEY")),
        _workers,
        lambda: _file("PARLEY_GUNICORN"),
        lambda: quotas(public=False),
        lambda: _origins(setting("PARLEY_CORS_ORIGINS", "")),
        _opened,
        _health_port,
        # What comes of several together.
        lambda: api_settings(data),
        lambda: background_settings(data),
    ):
        try:
            read()
        except WrongSetting as error:
            said.append(str(error))
    return list(dict.fromkeys(said))


def _places(data: str | None) -> Places:
    where = projection_settings(data)
    return Places(where.data, where.log_url, where.read_url, where.search_url, bus_url(), redis_url())


def _number(name: str, option: int | None, default: int, least: int, most: int, what: str) -> int:
    text = setting(name, str(default)) if option is None else str(option)
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most):
        raise WrongSetting(f"{name} is {text!r}; a whole number from {least} to {most} is allowed ({what}).")
    return int(text)


def _port(option: int | None = None) -> int:
    return _number("PARLEY_PORT", option, DEFAULT_PORT, 0, 65535, "0: any free port")


def _health_port() -> int | None:
    if not optional("PARLEY_HEALTH_PORT"):
        return None
    return _number("PARLEY_HEALTH_PORT", None, 0, 0, 65535, "0: any free port")


def _workers(option: int | None = None) -> int | None:
    if option is None and not optional("PARLEY_WORKERS"):
        return None
    return _number("PARLEY_WORKERS", option, 1, 1, MOST_WORKERS, "processes that serve requests")


def _file(name: str) -> Path | None:
    text = optional(name)
    if text and not Path(text).is_file():
        raise WrongSetting(f"{name} is {text!r}; the path of a file is allowed.")
    return Path(text) if text else None


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(text.replace(",", " ").split())
    for origin in origins:
        # As browsers send it: lower case, no path, no port that goes without saying.
        if origin != ANY and not _ORIGIN.fullmatch(origin):
            raise WrongSetting(
                f"PARLEY_CORS_ORIGINS is {text!r}; origins like https://app.example.com or http://localhost:5173 are"
                f" allowed, in lower case and without a path, separated by commas, or {ANY} for all."
            )
    return origins


def _admin_key(text: str | None) -> str | None:
    # Set but empty is refused below: a secret that was never written must not open the door.
    if text is None:
        return None
    if not (text.isascii() and text.isprintable() and text.strip() == text and len(text) >= 16):
        raise WrongSetting(
            "PARLEY_ADMIN_KEY is *** (not shown); at least 16 printable ASCII characters without spaces around"
            " them are allowed. To make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return text


def _opened() -> bool:
    text = setting("PARLEY_OPEN", "")
    if text not in ("", "0", "1"):
        raise WrongSetting(f"PARLEY_OPEN is {text!r}; 1 or nothing is allowed.")
    return text == "1"


def _refuse_open_door(settings: ApiSettings, published: str, opened: bool) -> None:
    """`published` is where others reach this process: itself, or a gateway before it."""
    if settings.admin_key is None and not opened and not _is_loopback(published):
        name = "PARLEY_PUBLISHED" if optional("PARLEY_PUBLISHED") else "PARLEY_HOST"
        raise WrongSetting(
            f"{name} is {published!r}, which others can reach, and there is no admin key: anybody could"
            " make and delete applications. Set PARLEY_ADMIN_KEY, or PARLEY_OPEN=1 if that is what you want."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False
