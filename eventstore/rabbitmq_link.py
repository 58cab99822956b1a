"""One connection to a broker: no call on it waits for ever, and a silent broker is noticed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from kombu import Connection

CONNECT_SECONDS = 5.0
HEARTBEAT_SECONDS = 10.0
ANSWER_SECONDS = 3.0
"""Less than the time between two heartbeats of the broker's, since each of them begins the wait anew."""
BEAT = 0.5
"""How often a thread that has nothing to do looks after its connection."""


class Link:
    """Belongs to one thread; whatever it raises, it is good for nothing any more but `drop`.

    It is kombu's transport, without kombu's Connection around it: that one connects again by itself, for as
    long as it takes, in calls that do not say so.
    """

    def __init__(self, url: str) -> None:
        self.blocked = False
        """Whether the broker has said that it takes no messages now (memory or disk alarm)."""
        self._transport = Connection(
            url,
            connect_timeout=CONNECT_SECONDS,
            heartbeat=HEARTBEAT_SECONDS,
            transport_options={
                "read_timeout": ANSWER_SECONDS,
                "write_timeout": ANSWER_SECONDS,
                "on_blocked": self._blocks,
                "on_unblocked": self._unblocks,
            },
        ).transport
        self._connection: Any = self._transport.establish_connection()

    @property
    def server_properties(self) -> Mapping[str, Any]:
        """What the broker says of itself: `product`, `version` and more."""
        said: Mapping[str, Any] = self._connection.server_properties
        return said

    def channel(self) -> Any:
        """A new channel."""
        channel = self._transport.create_channel(self._connection)
        # Bodies stay bytes: a sender could name an encoding that is costly to undo.
        channel.auto_decode = False
        return channel

    def turn(self, seconds: float) -> None:
        """Take in what the broker says, for at most `seconds` until it says something; keep the heart beating."""
        with suppress(TimeoutError):
            self._transport.drain_events(self._connection, timeout=seconds)
        self._transport.heartbeat_check(self._connection, rate=2)

    def close(self) -> None:
        """Say good-bye."""
        self._transport.close_connection(self._connection)

    def drop(self) -> None:
        """Close the socket, without a word that a broker in trouble might leave unanswered."""
        self._connection.collect()

    def _blocks(self, _reason: str) -> None:
        self.blocked = True

    def _unblocks(self) -> None:
        self.blocked = False


@contextmanager
def linked(url: str) -> Iterator[Link]:
    """A connection for as long as the context lasts; after an error it is dropped."""
    link = Link(url)
    try:
        yield link
        if not link.blocked:
            link.close()
    finally:
        link.drop()
