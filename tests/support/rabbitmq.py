"""A RabbitMQ that tests may treat badly."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.rabbitmq import RabbitMQ
from tests.support.shared_server import private_server

ALARM = "0.0001"
NO_ALARM = "0.8"


@contextmanager
def private_rabbitmq(folder: Path) -> Iterator[RabbitMQ]:
    """A new one, running; skips where none can be had."""
    with private_server("rabbitmq", folder) as server:
        assert isinstance(server, RabbitMQ)
        yield server


def on_disk(server: RabbitMQ) -> set[str]:
    """The followers' queues that would outlive a SIGKILL, without the prefix.

    The broker writes the names of new ones only now and then; one that it finds without its name never gets a leader.
    """
    text = b"".join(path.read_bytes() for path in server.data.rglob("names.dets"))
    # Erlang's atoms: the length, then the text.
    atoms = re.findall(rb"(.)(%2F_parley\.[\w.-]+)", text, re.DOTALL)
    return {name[: length[0]].decode().removeprefix("%2F_parley.") for length, name in atoms}


def forget(server: RabbitMQ) -> None:
    """Kill it and remove all that it had; it comes back on the same port with the same account."""
    server.kill()
    shutil.rmtree(server.data)
    server.start()


@contextmanager
def memory_alarm(server: RabbitMQ) -> Iterator[None]:
    """While inside, it takes no messages for want of memory."""
    server.control("set_vm_memory_high_watermark", ALARM)
    try:
        yield
    finally:
        server.control("set_vm_memory_high_watermark", NO_ALARM)
