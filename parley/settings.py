"""What `parley serve` is told: options first, then the environment, then the defaults."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from eventstore.settings import WrongSetting, bus_url, optional, setting
from projections.settings import projection_settings, redis_url

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 3000


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """`data` is absolute; `admin_key` None leaves the admin routes open."""

    data: Path
    log_url: str
    read_url: str
    search_url: str
    bus_url: str
    redis_url: str
    host: str
    port: int
    admin_key: str | None


def serve_settings(
    data: str | None = None, host: str | None = None, port: int | None = None
) -> ServeSettings:
    """Settings from options and environment. Raises WrongSetting."""
    where = projection_settings(data)
    settings = ServeSettings(
        data=where.data,
        log_url=where.log_url,
        read_url=where.read_url,
        search_url=where.search_url,
        bus_url=bus_url(),
        redis_url=redis_url(),
        host=host or setting("PARLEY_HOST", DEFAULT_HOST),
        port=_port(setting("PARLEY_PORT", str(DEFAULT_PORT)) if port is None else str(port)),
        admin_key=_admin_key(optional("PARLEY_ADMIN_KEY")),
    )
    _refuse_open_door(settings, setting("PARLEY_OPEN", ""))
    return settings


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise WrongSetting(
            f"PARLEY_PORT is {text!r}; a whole number from 0 to 65535 is allowed (0: any free port)."
        )
    return int(text)


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


def _refuse_open_door(settings: ServeSettings, opened: str) -> None:
    if opened not in ("", "0", "1"):
        raise WrongSetting(f"PARLEY_OPEN is {opened!r}; 1 or nothing is allowed.")
    if settings.admin_key is None and opened != "1" and not _is_loopback(settings.host):
        raise WrongSetting(
            f"PARLEY_HOST is {settings.host!r}, which others can reach, and there is no admin key: anybody could"
            " make and delete applications. Set PARLEY_ADMIN_KEY, or PARLEY_OPEN=1 if that is what you want."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
