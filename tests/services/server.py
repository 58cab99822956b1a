"""What all servers share: a folder with state, data and log, and the ways in which a test treats one."""

import secrets
import shutil
import signal
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from tests.services.errors import ServiceError
from tests.services.files import locked, remove
from tests.services.ports import PRIVATE, free_port
from tests.services.process import Process, begin, marked
from tests.services.program import Program
from tests.services.progress import say, wait
from tests.services.state import State, read_state

START_LIMIT = 120.0
STOP_LIMIT = 60.0
ANSWER_LIMIT = 10.0


class Server(Program):
    """A server in a folder of its own. It dies with this process unless it is `lasting`.

    Another object on the same folder, also in another process, speaks of the same server.
    """

    title: ClassVar[str]
    # The variable that `bin/services env` prints.
    variable: ClassVar[str]
    # Name -> what it may be; `port` is where it serves.
    ports: ClassVar[dict[str, range]] = {"port": PRIVATE}
    passwords: ClassVar[Sequence[str]] = ("password",)

    def __init__(self, folder: Path, *, options: Sequence[str] = (), lasting: bool = False) -> None:
        self.folder = folder.absolute()
        self.options = tuple(options)
        self.lasting = lasting

    # What each server says for itself.

    def find_version(self) -> str:
        """The version of what is installed. Raises NotInstalled."""
        raise NotImplementedError

    def make(self) -> None:
        """Make whatever the first start needs; called at each start."""

    def begin(self) -> list[Process]:
        """Begin the processes, the server itself first."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it serves; gives up after a few seconds."""
        raise NotImplementedError

    def prepare(self) -> None:
        """What is to be there when `bin/services up` returns."""

    def url(self) -> str:
        raise NotImplementedError

    # What they share.

    @property
    def state(self) -> State:
        return read_state(self.folder)

    @property
    def port(self) -> int:
        return self.state.ports["port"]

    @property
    def pid(self) -> int:
        return self.state.processes[0].pid

    @property
    def running(self) -> bool:
        """Whether it was started and is there; it may be paused."""
        state = self.state
        return state.ready and state.alive

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> Self:
        """Start it, or find it started; returns when it answers. Raises ServiceError."""
        self.ensure()
        return self

    def ensure(self) -> bool:
        """As `start`; gives whether it had to be started."""
        with locked(self.folder / "lock"):
            if self.running:
                self.resume()
                if wait(self.answers, f"{self.name} to answer", ANSWER_LIMIT):
                    return False
                say(f"{self.name} runs but does not answer; starting it anew")
            self._end_all()
            self._start()
        return True

    def _start(self) -> None:
        state = self.state
        if not state.made and self.data.exists():
            say(f"{self.name}: its data folder was left half made; making it anew")
            remove(self.data)
        state.version = self.find_version()
        state.ports = {**{name: free_port(ports) for name, ports in self.ports.items()}, **state.ports}
        state.secrets = {**{name: secrets.token_hex(16) for name in self.passwords}, **state.secrets}
        state.processes, state.ready = [], False
        state.write(self.folder)
        try:
            self.make()
            state.processes = self.begin()
            state.write(self.folder)
            if not wait(self._settled, f"{self.name} to answer", START_LIMIT):
                raise ServiceError(
                    f"{self.title} did not answer in {START_LIMIT:.0f} s; {self._last_words()}"
                )
            if not self.state.alive:
                raise ServiceError(f"{self.title} ended while it started; {self._last_words()}")
        except BaseException:  # an interrupted start leaves nothing either
            self._end_all()
            raise
        state.ready = state.made = True
        state.write(self.folder)

    def _settled(self) -> bool:
        return not self.state.alive or self.answers()

    def _last_words(self) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        lines = "".join(f"\n  | {line}" for line in text.splitlines()[-8:])
        return f"see what it says in {self.log}, whose end is:{lines or ' nothing'}"

    def stop(self) -> None:
        """Shut it down in its own way; one that does not end in a minute is killed."""
        if not self.folder.exists():
            return
        with locked(self.folder / "lock"):
            for process in self.state.processes:
                process.send(signal.SIGTERM)
                process.send(signal.SIGCONT)
                if not self._wait_for_end([process]):
                    say(f"{self.name} did not end in {STOP_LIMIT:.0f} s; killing it")
            self._end_all()

    def kill(self) -> None:
        """SIGKILL; returns when it is gone. Data, port and passwords stay."""
        self._end_all()

    def _end_all(self) -> None:
        """End all that this folder's server ever began and that is still there."""
        if not self.folder.exists():
            return
        state = self.state
        processes = {*state.processes, *marked(self.folder)}
        for process in processes:
            process.send(signal.SIGKILL)
        self._wait_for_end(processes)
        if state.processes or state.ready:
            state.processes, state.ready = [], False
            state.write(self.folder)

    def _wait_for_end(self, processes: Collection[Process]) -> bool:
        return wait(
            lambda: not any(process.alive for process in processes), f"{self.name} to end", STOP_LIMIT
        )

    def pause(self) -> None:
        """SIGSTOP; returns when it stands still."""
        process = self.state.processes[0]
        process.send(signal.SIGSTOP)
        wait(lambda: process.paused or not process.alive, f"{self.name} to stand still", STOP_LIMIT)

    def resume(self) -> None:
        self.state.processes[0].send(signal.SIGCONT)

    def restart(self, options: Sequence[str] | None = None) -> Self:
        """Stop and start on the same port and data, with other options if some are given."""
        self.stop()
        if options is not None:
            self.options = tuple(options)
        return self.start()

    def wipe(self) -> None:
        """Stop it, and remove its data and state."""
        self.stop()
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def spawn(self, *command: str, **variables: str) -> Process:
        """Begin one process of this server."""
        return begin(command, self.folder, self.log, variables, lasting=self.lasting)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
