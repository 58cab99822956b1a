"""A real `parley serve` in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def eventually(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Return as soon as the condition holds; fail after a time that only a broken program needs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.01)


def environment(**settings: str) -> dict[str, str]:
    """This environment without any of Parley's settings, and with the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", **settings}


def parley(*arguments: str, timeout: float = 120, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "parley", *arguments],
        env=environment(**settings),
        text=True,
        capture_output=True,
        timeout=timeout,
        check=False,
    )


class Server:
    """Started by `start`, on a free port that it keeps over restarts."""

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data = data
        self.port = 0
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[str] | None = None
        self.greeting = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def read_url(self) -> str:
        """Where its read tables are."""
        log = self._settings.get("PARLEY_LOG_URL", "")
        default = log if log.startswith("mysql:") else self.search_url
        return self._settings.get("PARLEY_READ_URL", default)

    @property
    def search_url(self) -> str:
        """Where its search index is."""
        return self._settings.get("PARLEY_SEARCH_URL", f"sqlite:///{self.data}")

    @property
    def log(self) -> Path:
        """What it says on its standard error; kept over restarts."""
        return self.data.with_suffix(".log")

    def start(self) -> "Server":
        """Start and return when it is ready."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "parley", "serve", "--port", str(self.port), "--data", str(self.data)],
                env=environment(**self._settings),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        if not first.startswith("Parley serves "):
            self._process.kill()
            self._wait()
            raise AssertionError(f"{first!r} in place of the greeting; see {log.name}")
        self.port = int(first.rpartition(":")[2])
        self.greeting = first + "".join(self._process.stdout.readline() for _ in range(3))
        process = self._process
        eventually(lambda: self.is_ready() or process.poll() is not None, "ready")
        assert process.poll() is None, f"it has ended before it was ready; see {log.name}"
        return self

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=10) as answer:
                return bool(json.load(answer)["ready"])
        except (urllib.error.HTTPError, OSError):
            return False

    @property
    def arbiter(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def worker(self) -> int:
        """The one child of the arbiter."""
        eventually(lambda: bool(self.workers), "there is a worker")
        return min(self.workers)

    @property
    def workers(self) -> set[int]:
        """The children of the arbiter; none for an instant after one has died."""
        children = Path(f"/proc/{self.arbiter}/task/{self.arbiter}/children")
        return {int(child) for child in children.read_text(encoding="ascii").split()}

    def kill(self) -> None:
        """SIGKILL to the arbiter; its worker has to go by itself."""
        assert self._process is not None
        workers = self.workers
        self._process.kill()
        self._wait()
        eventually(
            lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers),
            "the worker has followed its arbiter",
        )

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """Ask it to stop; gives its exit code."""
        assert self._process is not None
        self._process.send_signal(sig)
        return self._wait()

    def _wait(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        code = self._process.wait(timeout=60)
        self._process.stdout.close()
        self._process = None
        return code

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()
