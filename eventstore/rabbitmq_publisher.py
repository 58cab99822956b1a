"""The thread that publishes what was committed."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from eventstore.bus_messages import CONTENT_TYPE, Message, messages
from eventstore.outbox import Outbox
from eventstore.rabbitmq_confirms import Confirms
from eventstore.rabbitmq_link import ANSWER_SECONDS, BEAT, Link, linked
from eventstore.rabbitmq_topology import EXCHANGE, declare_exchange

BATCHES = 256
BYTES = 1 << 20
CONFIRM_SECONDS = 10.0
GOOD_BYE_SECONDS = 2.0
BACK_OFF = (0.1, 5.0)
PERSISTENT = 2

logger = logging.getLogger(__name__)


class NotConfirmed(Exception):
    """The broker has left messages unconfirmed for so long that nothing on that channel is certain."""


class Publisher:
    """Sends what is in the outbox, as much at once as came meanwhile, and waits for the broker to confirm it.

    After any doubt the connection is given up, and what was not confirmed is sent again on a new one. But only
    once: one queue without a leader leaves every message unconfirmed, and the other queues want the next ones.
    """

    def __init__(self, url: str, outbox: Outbox, log_id: Callable[[], str], sender: str) -> None:
        """`log_id` may raise; `sender` marks the messages, so that those of the same process can leave them."""
        self._url = url
        self._outbox = outbox
        self._log_id = log_id
        self._sender = sender
        self._unsent: deque[Message] = deque()
        self._again: set[str] = set()
        self._stopping = threading.Event()
        self._give_up_at = float("inf")
        self._pause = BACK_OFF[0]
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self.error: str | None = "not connected yet"
        """Why nothing can be published now."""
        self.confirmed = 0
        """How many messages the broker has confirmed."""
        self.refused = 0
        """How many it has refused; they are not sent again."""
        self.given_up = 0
        """How many were sent twice and not confirmed."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to send what can be sent at once, and to end; see `join`."""
        self._give_up_at = time.monotonic() + GOOD_BYE_SECONDS
        self._stopping.set()
        self._outbox.nudge()

    def join(self, timeout: float) -> None:
        """Wait for its end; a broker that hangs can delay it by some seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with linked(self._url) as link:
                    self._publish(link)
            except Exception as error:  # noqa: BLE001 - whatever a broker does, the next attempt may succeed
                self._fails(error)
                self._stopping.wait(self._pause * random.uniform(0.5, 1))
                self._pause = min(self._pause * 2, BACK_OFF[1])

    def _publish(self, link: Link) -> None:
        """Until stopped. Raises whatever goes wrong."""
        channel = link.channel()
        declare_exchange(channel)
        confirms, confirmed, refused = Confirms(channel), self.confirmed, self.refused
        self._recovers()
        while not (self._stopping.is_set() and self._finished()):
            if not self._unsent:
                self._fill(link)
            try:
                self._send(link, channel, confirms)
            finally:
                self._keep(confirms.unconfirmed())
                self.confirmed, self.refused = confirmed + confirms.confirmed, refused + confirms.refused

    def _keep(self, unconfirmed: list[Message]) -> None:
        """Put what was sent once in front of the rest."""
        once = [message for message in unconfirmed if message.id not in self._again]
        self.given_up += len(unconfirmed) - len(once)
        self._unsent.extendleft(reversed(once))
        self._again = {message.id for message in once}

    def _finished(self) -> bool:
        return not (self._unsent or self._outbox) or time.monotonic() > self._give_up_at

    def _fill(self, link: Link) -> None:
        """Take what there is, or wait for it a while."""
        if not self._outbox:
            link.turn(0)
            self._outbox.wait(BEAT)
        if self._outbox:
            log_id = self._log_id()
            for batch in self._outbox.take(BATCHES, BYTES):
                self._unsent.extend(messages(log_id, batch))

    def _send(self, link: Link, channel: Any, confirms: Confirms) -> None:
        """Send all, and wait until all of it is settled."""
        while self._unsent and not link.blocked:
            message = self._unsent.popleft()
            confirms.sent(message)
            properties = {
                "delivery_mode": PERSISTENT,
                "message_id": message.id,
                "app_id": self._sender,
                "type": "parley.events",
            }
            channel.basic_publish(
                channel.prepare_message(
                    message.body,
                    content_type=CONTENT_TYPE,
                    content_encoding="utf-8",
                    headers=message.origin._asdict() if message.origin else {},
                    properties=properties,
                ),
                exchange=EXCHANGE,
                timeout=ANSWER_SECONDS,
            )
        due = time.monotonic() + CONFIRM_SECONDS
        while (confirms or (self._unsent and link.blocked)) and time.monotonic() < self._give_up_at:
            link.turn(BEAT)
            if link.blocked:
                # It will tell when that ends; that it is there at all, its heartbeats tell.
                self.error = "the broker takes no messages now (connection.blocked)"
                due = time.monotonic() + CONFIRM_SECONDS
            elif time.monotonic() > due:
                raise NotConfirmed(f"{len(confirms)} messages in {CONFIRM_SECONDS:.0f} s")
        self.error = None

    def _fails(self, error: Exception) -> None:
        """Logged when it is something else than before."""
        why = f"{type(error).__name__}: {error}".removesuffix(": ")
        if why != self.error and not self._stopping.is_set():
            logger.warning("publishing to the broker: %s", why)
        self.error = why

    def _recovers(self) -> None:
        if self.error is not None:
            logger.info("publishing to the broker; %d batches were dropped so far", self._outbox.dropped)
        self._pause = BACK_OFF[0]
        self.error = None
