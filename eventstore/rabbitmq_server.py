"""Which broker there is, and what lies on its queues."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kombu.transport.pyamqp import Transport

from engines.server import Server
from eventstore.bus import BusUnavailable
from eventstore.rabbitmq_link import Link, linked
from eventstore.rabbitmq_topology import QUEUE_PREFIX

_NOT_FOUND = 404


def server(url: str) -> Server:
    """Raises BusUnavailable."""
    with broker(url) as link:
        said = link.server_properties
        return Server(str(said.get("product", "a broker")), str(said.get("version", "")) or None)


def waiting(url: str, names: Sequence[str]) -> list[int | None]:
    """How many messages wait for each of the followers; None: it has no queue. Raises BusUnavailable."""
    with broker(url) as link:
        return [_depth(link, f"{QUEUE_PREFIX}{name}") for name in names]


def _depth(link: Link, queue: str) -> int | None:
    try:
        # Passive: only asked for. The broker closes the channel if it is not there, hence one for each.
        return int(link.channel().queue_declare(queue, passive=True).message_count)
    except Transport.channel_errors as error:
        if error.code != _NOT_FOUND:
            raise
        return None


@contextmanager
def broker(url: str) -> Iterator[Link]:
    """A connection for as long as the context lasts. Raises BusUnavailable."""
    try:
        with linked(url) as link:
            yield link
    except (*Transport.connection_errors, *Transport.channel_errors) as error:
        raise BusUnavailable(f"{type(error).__name__}: {error}".removesuffix(": ")) from error
