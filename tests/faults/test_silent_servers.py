"""F10: whoever is to end ends, with code 0, though servers take what is sent and answer nothing."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.role import Role
from tests.support.server import environment
from tests.support.waiting import until


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that never accepts: the system completes connections to it all the same."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    "arguments", [("projector", "tables"), ("command-api",), ("query-api",), ("serve",)], ids="-".join
)
def test_no_silent_broker_or_cache_keeps_a_process_from_its_end(
    tmp_path: Path, silent: int, arguments: tuple[str, ...]
) -> None:
    settings = {
        "PARLEY_BUS_URL": f"amqp://ann:hidden@127.0.0.1:{silent}//",
        "PARLEY_REDIS_URL": f"redis://127.0.0.1:{silent}/0",
    }
    with Role(tmp_path / "said.log", *arguments, PARLEY_DATA=str(tmp_path / "data"), **settings) as role:
        until(lambda: role.ready, "ready")
        assert role.stop() == 0
        assert "Traceback" not in role.said


def test_nor_does_a_silent_search_engine(tmp_path: Path, silent: int) -> None:
    settings = {"PARLEY_SEARCH_URL": f"http://127.0.0.1:{silent}", "PARLEY_DATA": str(tmp_path / "data")}
    with ExitStack() as stack:
        for name in ("tables", "search"):
            role = Role(tmp_path / f"{name}.log", "projector", name, **settings).begin()
            stack.push(role)
            until(lambda role=role: "bus" in role.said, "that it has begun")
            assert role.stop() == 0


HANGS = """
import threading
from contextlib import contextmanager
from pathlib import Path
from parley.background import Background
from parley.settings import BackgroundSettings, Places

@contextmanager
def working():
    yield lambda: None
    threading.Event().wait()

settings = BackgroundSettings(Places(Path(), "", "", "", "", ""), "127.0.0.1", None)
with Background(settings, print) as background:
    background.run_until_told("begun", working())
"""


def test_work_that_never_ends_is_left() -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-c", HANGS], env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(60) == 0
        finally:
            process.kill()
