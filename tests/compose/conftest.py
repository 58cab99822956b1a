"""One engine and one stack for all tests of this folder."""

import logging
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.__main__ import install
from tests.compose.compose import GENERATIONS, compose
from tests.compose.engine import Engine
from tests.compose.group import StackGroup
from tests.compose.stack import Stack
from tests.compose.standins import build_standins
from tests.services.errors import NotInstalled
from tests.services.files import cache_folder, locked
from tests.services.ports import PRIVATE, free_port

USUAL_PORT = 3000

logger = logging.getLogger(__name__)


@pytest.fixture(scope="package")
def engine() -> Iterator[Engine]:
    """With all images in place; skips where there can be none, and says what it would take."""
    folder = cache_folder() / "docker"
    with locked(folder.with_suffix(".lock")):
        engine = Engine(folder)
        try:
            if os.environ.get("CI") == "true":
                install()
            engine.find_version()
            for generation in GENERATIONS:
                compose(generation)
        except NotInstalled as error:
            pytest.skip(
                f"docker-compose.yml is NOT RUN; `python -m tests.compose`, as root, gets what it takes: {error}"
            )
        with engine:
            build_standins(engine)
            yield engine
            engine.stop()


@pytest.fixture(scope="package")
def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Up, and healthy; tests leave it so, as `up` made it."""
    yield from new_stack(engine, tmp_path_factory.mktemp("clone") / "parley", "2", _port())


def new_stack(engine: Engine, folder: Path, generation: str, port: int) -> Iterator[Stack]:
    """From a fresh clone to healthy; nothing is left of it at the end."""
    stack = Stack(engine, folder, generation, port)
    stack.clone()
    try:
        stack.build()
        began = time.monotonic()
        stack.up()
        logger.info("Compose %s: all healthy after %.1f s", generation, time.monotonic() - began)
        yield stack
    finally:
        stack.down(volumes=True)


def _port() -> int:
    """The one that the README names, unless somebody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", USUAL_PORT))
        except OSError:
            return free_port(PRIVATE)
    return USUAL_PORT


@pytest.fixture
def group(stack: Stack) -> StackGroup:
    return StackGroup(stack)


@pytest.fixture
def door(stack: Stack) -> StackGroup:
    return StackGroup(stack)
