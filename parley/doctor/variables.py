"""Whether the environment says what was meant: names, files of secrets, values."""

import os
import stat
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from engines.finding import Finding
from engines.server_url import masked
from parley.settings import wrong_settings

SETTINGS = frozenset(
    "PARLEY_ADMIN_KEY PARLEY_BUS_URL PARLEY_CORS_ORIGINS PARLEY_DATA PARLEY_GUNICORN PARLEY_HEALTH_PORT PARLEY_HOST"
    " PARLEY_LIBRARY_URL PARLEY_LIMIT_ADDRESS PARLEY_LIMIT_FAILURES PARLEY_LIMIT_KEY PARLEY_LOG PARLEY_LOG_URL"
    " PARLEY_OPEN PARLEY_PORT PARLEY_PUBLISHED PARLEY_READ_URL PARLEY_REDIS_URL PARLEY_SEARCH_URL"
    " PARLEY_TRUSTED_PROXIES PARLEY_WORKERS".split()
)
# Of the checkout's scripts and tests, and of docker-compose.yml.
_OTHERS = frozenset(
    "PARLEY_CRASHPOINT PARLEY_PUBLISH PARLEY_PYTHON PARLEY_SERVICES PARLEY_SERVICE_FOLDER PARLEY_TEST_SEED".split()
)
_PLACE = "settings"
_SECRET = ("KEY", "PASSWORD", "SECRET", "TOKEN")
# What has KEY in its name and is a number, no secret.
_PLAIN = frozenset(("PARLEY_LIMIT_KEY",))
_FILES_OF = ("PARLEY_", "MYSQL_", "RABBITMQ_", "REDIS_", "ES_")


def shown(environment: Mapping[str, str]) -> dict[str, str]:
    """Each variable of Parley's that is set, its secrets masked."""
    return {
        name: _masked(name, value)
        for name, value in sorted(environment.items())
        if name.startswith("PARLEY_")
    }


def variable_findings(environment: Mapping[str, str]) -> list[Finding]:
    """What is wrong with the names, and with the files that names ending in _FILE lead to."""
    found = []
    for name, value in sorted(environment.items()):
        if name.startswith("PARLEY_") and name.removesuffix("_FILE") not in SETTINGS | _OTHERS:
            found.append(_unknown(name))
        elif name.startswith(_FILES_OF) and name.endswith("_FILE"):
            found += _file(name, Path(value))
    return found


def value_findings(data: str | None) -> list[Finding]:
    """The values that keep processes from starting."""
    cure = "Set it to what is allowed, or unset it; README.md lists the settings."
    return [Finding("error", _PLACE, text.rstrip("."), cure) for text in wrong_settings(data)]


def _unknown(name: str) -> Finding:
    near = get_close_matches(name, sorted(SETTINGS), 1)
    cure = f"Did you mean {near[0]}?" if near else "Unset it; README.md lists the settings."
    return Finding("warning", _PLACE, f"{name} is no setting, and has no effect", cure)


def _file(name: str, path: Path) -> list[Finding]:
    if not path.is_file() or not os.access(path, os.R_OK):
        cure = f"Make it readable for this account, or unset {name}."
        return [Finding("error", _PLACE, f"{name}: {path} is no file that can be read", cure)]
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o007:
        told = f"{name}: everybody on this machine can open {path} (mode {mode:03o})"
        return [Finding("warning", _PLACE, told, f"chmod o= {path}")]
    return []


def _masked(name: str, value: str) -> str:
    if name.endswith("_FILE") or name in _PLAIN:
        return value
    # What a mistyped name holds may be a secret, too.
    if name not in SETTINGS | _OTHERS or any(word in name for word in _SECRET):
        return "***"
    try:
        return masked(value) if urlsplit(value).scheme else value
    except ValueError:
        return "***"
