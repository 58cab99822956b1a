"""Where the log and the read models are."""

from dataclasses import dataclass
from pathlib import Path

from eventstore.settings import data_folder, log_url, setting, sqlite_only


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
