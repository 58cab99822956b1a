"""What is known of a server that was started: one file in its folder, which only its owner can read."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.services.files import write_secret
from tests.services.process import Process

NAME = "state.json"


@dataclass
class State:
    """`processes` begins with the server itself; `ready`: it has answered since its start; `made`: it ever has."""

    version: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    ready: bool = False
    made: bool = False

    @property
    def alive(self) -> bool:
        return bool(self.processes) and self.processes[0].alive

    def write(self, folder: Path) -> None:
        write_secret(folder / NAME, json.dumps(asdict(self), indent=1) + "\n")


def read_state(folder: Path) -> State:
    """An empty one if there is none, or none that can be read: it is written whole, so that is somebody's edit."""
    try:
        fields = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return State(**{**fields, "processes": [Process(*pair) for pair in fields["processes"]]})
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return State()
