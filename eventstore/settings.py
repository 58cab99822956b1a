"""Where the data is: an option first, then the environment, then the default."""

from pathlib import Path

from environs import EnvError, FileAwareEnv

DEFAULT_DATA = "./parley-data"


class WrongSetting(Exception):
    """A setting that the program can't start with; says its name, its value and what is allowed."""


def data_folder(option: str | None = None) -> Path:
    """The embedded engine's folder (PARLEY_DATA), absolute."""
    return Path(option or setting("PARLEY_DATA", DEFAULT_DATA)).expanduser().absolute()


def log_url(data: Path) -> str:
    """Where the log is (PARLEY_LOG_URL); by default in the data folder."""
    return sqlite_only("PARLEY_LOG_URL", setting("PARLEY_LOG_URL", f"sqlite:///{data / 'log.db'}"))


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


def sqlite_only(name: str, url: str) -> str:
    """The URL, if an engine is known for it. Raises WrongSetting."""
    scheme = url.partition(":")[0]
    if not url.startswith("sqlite:///"):
        raise WrongSetting(f"{name} is a {scheme!r} URL; sqlite:////absolute/path is allowed")
    return url
